export { type Connection, type NkeyLogin, shownSub, type TokenLogin } from "./connection";
export { deployedAddresses } from "./deployed";
export { type Language, languageNames, languages } from "./languages";
