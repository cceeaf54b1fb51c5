public import Compose
public import Docker
public import EventLoop
import Support

/// Breaks a project for real, one fault after the other, and tells what was detected, done and lost, and how fast.
@Loop
public final class Drill {
    /// What to break, and how often.
    public struct Plan: Sendable {
        /// The compose file that is copied.
        public var composeFiles: ComposeFiles
        /// The service that serves.
        public var app: String
        /// The port that it serves on in its container.
        public var inside: UInt16
        /// The faults by name; empty for all.
        public var only: [String] = []
        /// Each fault so often.
        public var runs = 1
        /// The image of `app` with the switches compiled in; nil to build it.
        public var image: String?

        /// The journal of the real project, which is broken itself then; nil to break a copy.
        public var realJournal: String?

        public nonisolated init(composeFiles: ComposeFiles, app: String, inside: UInt16) {
            self.composeFiles = composeFiles
            self.app = app
            self.inside = inside
        }
    }

    /// The faults there are, in the order in which they are injected: names and titles.
    public nonisolated static var faults: [(name: String, title: String)] {
        Fault.all.map { ($0.name, $0.title) }
    }

    private let plan: Plan
    private let engine: Engine
    private let environment: [String: String]
    private let say: (String) -> Void

    /// - Parameters:
    ///   - environment: for the commands that it runs.
    ///   - say: gets what a person is told while it goes on.
    public init(
        _ plan: Plan, engine: Engine, environment: [String: String], say: @escaping (String) -> Void
    ) {
        self.plan = plan
        self.engine = engine
        self.environment = environment
        self.say = say
    }

    /// Makes the project, breaks it, removes it. When the task is cancelled it removes all and throws.
    ///
    /// - Parameter onRow: gets each result as soon as it is there.
    public func run(onRow: (DrillReport.Row) -> Void) async throws(DrillError) -> DrillReport {
        let isReal = self.plan.realJournal != nil
        let faults = Fault.all.filter { fault in
            (self.plan.only.isEmpty || self.plan.only.contains(fault.name)) && (!isReal || fault.isForReal)
        }
        guard !faults.isEmpty else {
            let names = Fault.all.filter(\.isForReal).map(\.name).joined(separator: ", ")
            throw DrillError(.notBegun, "the real project is broken by nothing but \(names)")
        }
        let project: DrillProject
        if isReal {
            project = try await DrillProject.real(
                self.plan.composeFiles, app: self.plan.app, inside: self.plan.inside, engine: self.engine,
                environment: self.environment)
        } else {
            self.say("→ making a project of its own from \(self.plan.composeFiles)")
            project = try await DrillProject.make(
                from: self.plan.composeFiles, app: self.plan.app, inside: self.plan.inside, image: self.plan.image,
                hasSmallDisk: faults.contains { $0.needs.contains(.smallDisk) }, engine: self.engine,
                environment: self.environment)
        }
        let report: Result<DrillReport, DrillError>
        do throws(DrillError) {
            report = .success(try await self.hold(faults, in: project, onRow: onRow))
        } catch { report = .failure(error) }
        self.say("→ removing what was made")
        await project.remove()
        return try report.get()
    }

    private func hold(
        _ faults: [Fault], in project: DrillProject, onRow: (DrillReport.Row) -> Void
    ) async throws(DrillError) -> DrillReport {
        self.say("→ \(project.isReal ? "breaking" : "starting") \(project.name) on 127.0.0.1:\(project.port)")
        try await project.up()
        let hasSwitches = await self.hasSwitches(project)
        let door = EngineDoor(at: "\(project.folder)/engine.sock", to: self.engine.socketPath)
        defer { try? door.set(.closed) }
        var report = DrillReport()
        for run in 1...self.plan.runs {
            for fault in faults {
                if Task.isCancelled { throw DrillError(.interrupted, "interrupted") }
                let row: DrillReport.Row
                if fault.needs.contains(.switches), !hasSwitches {
                    row = .init(fault, run, .skipped("the image has no switches to break it by"))
                } else {
                    row = try await self.row(fault, run, number: report.rows.count + 1, project, door)
                }
                report.rows.append(row)
                onRow(row)
                if case .seen(let verdict, _) = row.outcome, verdict.isGood { continue }
                // Whatever is left of it must not be taken for the next fault's.
                try await project.up(["--force-recreate", "--no-build"])
            }
        }
        return report
    }

    private func row(
        _ fault: Fault, _ run: Int, number: Int, _ project: DrillProject, _ door: EngineDoor
    ) async throws(DrillError) -> DrillReport.Row {
        do throws(DrillError) {
            let seen = try await Trial(
                fault, project, door, number: number, realJournal: self.plan.realJournal
            ).run()
            return .init(fault, run, .seen(Verdict(seen, against: fault.wanted), seen))
        } catch {
            if error.code == .interrupted || Task.isCancelled { throw error }
            return .init(fault, run, .notHeld(error.message))
        }
    }

    /// Whether the image was built with `FAULT_INJECTION`: there a switch is thrown by POST, and GET is no method of it.
    private func hasSwitches(_ project: DrillProject) async -> Bool {
        guard let url = try? project.url("/fault/exit") else { return false }
        if case .answered(405, _) = await Docker.probe(url: url, within: .seconds(5)) { return true }
        return false
    }
}

extension Fault {
    static let all = ofProcess + ofNetwork + ofDatabase + ofEngine + ofWatchdog + ofHost + ofImage
}
