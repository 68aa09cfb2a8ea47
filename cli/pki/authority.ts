export * from "../../runtime/x509/authority";
