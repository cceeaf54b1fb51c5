import Docker
import EventLoop

extension Rehearsal {
    func follow(_ steps: [RenderInstance.Step]) { for step in steps { self.tell(step, isProjected: false) } }

    func tell(_ step: RenderInstance.Step, isProjected: Bool, _ why: String = "") {
        let tail = why.isEmpty ? "" : " (\(why))"
        switch step.action {
        case .stopRouting:
            self.tell(.rotation, "15 s of failing checks: Render would stop routing to it" + tail, step.at, isProjected)
        case .restart:
            self.tell(.restart, "60 s of failing checks: Render would restart it" + tail, step.at, isProjected)
        case .cancelDeploy:
            self.tell(
                .cancel,
                "15 minutes without a check that passed: Render would cancel the deploy, and the old version "
                    + "would go on serving" + tail, step.at, isProjected)
        case .kill: self.tell(.kill, "the shutdown delay is over: SIGKILL" + tail, step.at, isProjected)
        // Told with what led to them.
        case .routeTraffic, .terminate: break
        }
    }

    /// Tells what comes next when nothing changes, without waiting for it.
    func project(untilDue why: String) {
        var ghost = self.instance
        guard let due = ghost.due else { return }
        for step in ghost.handle(.timePassed, at: due) { self.tell(step, isProjected: true, why) }
    }

    func tellOnce(_ kind: RehearsalReport.Event.Kind, _ text: String) {
        if self.report.events.last(where: { $0.kind == kind })?.text != text { self.tell(kind, text) }
    }

    func tell(
        _ kind: RehearsalReport.Event.Kind, _ text: String, _ at: Duration? = nil, _ isProjected: Bool = false
    ) {
        let (seconds, attoseconds) = (at ?? self.now).components
        let event = RehearsalReport.Event(
            milliseconds: seconds * 1_000 + attoseconds / 1_000_000_000_000_000, kind: kind, isProjected: isProjected,
            text: text)
        self.report.events.append(event)
        self.say(event.line)
    }

    func ending(_ details: ContainerDetails) -> String {
        details.isOOMKilled
            ? "it was killed for using more than \(self.plan.megabytes) MB" : "it ended with code \(details.exitCode)"
    }
}
