/// What an image is called.
public enum ImageName {
    /// Repository and tag of a reference such as `localhost:5000/app:1.2`; `latest` where it names none.
    public static func parts(of reference: String) -> (repository: String, tag: String) {
        let name = reference.prefix { $0 != "@" }
        guard let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") else {
            return (String(name), "latest")
        }
        return (String(name[..<colon]), String(name[name.index(after: colon)...]))
    }
}
