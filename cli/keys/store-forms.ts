/** Forms of URLs of key stores, for people. */
export const storeForms = "file:FOLDER, aws:REGION/PREFIX, kubernetes:NAMESPACE/SECRET or vault:MOUNT/PATH";
