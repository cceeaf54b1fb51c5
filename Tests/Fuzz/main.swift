import CFuzzer
import Glibc

// usage: fuzz http|websocket|json|ids [LIBFUZZER'S ARGUMENTS]   (bench/fuzz.sh)

/// What is fuzzed. Each takes any bytes; a trap, a report of the address sanitizer or a broken precondition is a finding.
nonisolated enum Target: String, CaseIterable {
    case http, websocket, json, ids
}

nonisolated let names = Target.allCases.map(\.rawValue).joined(separator: "|")

guard CommandLine.argc > 1, let target = Target(rawValue: CommandLine.arguments[1]) else {
    print("usage: fuzz \(names) [ARGUMENT...]")
    exit(2)
}

// libFuzzer starts itself again as its first argument says, so the target stays among the arguments: it takes those
// without a dash for folders of inputs, and gets the rest from here on.
var count = CommandLine.argc - 1
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1

switch target {
case .http:
    FuzzedServer.start()
    exit(LLVMFuzzerRunDriver(&count, &arguments) { fuzzHTTP(UnsafeRawBufferPointer(start: $0, count: $1)) })
case .websocket:
    exit(LLVMFuzzerRunDriver(&count, &arguments) { fuzzWebSocket(UnsafeRawBufferPointer(start: $0, count: $1)) })
case .json:
    exit(LLVMFuzzerRunDriver(&count, &arguments) { fuzzJSON(UnsafeRawBufferPointer(start: $0, count: $1)) })
case .ids:
    exit(LLVMFuzzerRunDriver(&count, &arguments) { fuzzIDs(UnsafeRawBufferPointer(start: $0, count: $1)) })
}
