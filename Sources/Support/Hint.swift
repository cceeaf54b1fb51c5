import Glibc

/// `text` where the script of ours that it names is there, as in a checkout of this repository; nothing in other projects.
public func hint(_ text: String, toScript path: String) -> String { access(path, F_OK) == 0 ? text : "" }
