import Compose
import Glibc
import Support

/// The secret of a project with which hashed values can be compared, and not be guessed.
enum DeploySalt {
    /// - Throws: when it can't be kept.
    static func of(_ state: StateFolder) throws(ActFailure) -> String {
        let path = "\(DeployFolder.all(state))/salt"
        if let bytes = readFile(path), bytes.count >= 32 { return String(decoding: bytes, as: UTF8.self) }
        var random = SystemRandomNumberGenerator()
        let salt = SHA256.hex((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
        try DeployFolder.write(salt, to: path)
        return salt
    }
}
