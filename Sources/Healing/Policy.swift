/// The numbers that healing goes by. The defaults are those of the contract and the design.
public struct Policy: Hashable, Sendable, Codable {
    /// Bad is confirmed by this many probes in a row …
    public var failureThreshold = 3
    /// … over at least this time, counted from the beginning of the first of them.
    public var failureTimeMin = Duration.seconds(5)
    /// The same for hard evidence: refused after it once answered, all threads stopped.
    public var hardFailureThreshold = 2
    public var hardFailureTimeMin = Duration.seconds(2)
    /// How long all threads must have been stopped where there is no probe to agree.
    public var stoppedTimeMin = Duration.seconds(5)
    /// How long a service that hardly gets a processor, and does a little with it, may be too slow to answer.
    public var busyPatience = Duration.seconds(30)
    /// How long it is then asked patiently, after it was last seen to starve.
    public var starvedTime = Duration.seconds(60)
    /// This many relapses within `flappingTime` are flapping: health that comes and goes faster than it is confirmed.
    public var flappingRelapses = 4
    public var flappingTime = Duration.seconds(120)

    /// How old a look at the container may be on which something is done: while anything is wrong it is looked at each
    /// second, unless the machine stood still.
    public var lookAgeMax = Duration.seconds(10)
    /// How long the kernel's word on a run may be waited for, before anything is done to it.
    public var examinationPatience = Duration.seconds(2)

    /// How long a run that nobody declared a start period for may take until its first good answer. Docker itself would
    /// wait for three failed checks, 90 s by default.
    public var startGraceUndeclared = Duration.seconds(30)
    /// How long the run after the first attempt may take, where neither it nor the one before ever answered: the declared
    /// start period may be too short, which a second restart would not cure.
    public var slowStartPatience = Duration.seconds(120)
    /// How long a service without probe and healthcheck must have been running to count as well.
    public var runningTimeMin = Duration.seconds(10)

    /// The same where somebody declared it to us. A healthcheck's own start period counts too; the longer one holds.
    public var startGraceDeclared = Duration.zero
    /// Whether it is only looked at, and never touched or reported, because somebody opted out for it.
    public var isHandsOff = false
    /// Whether a process that ended is started again where Docker's restart policy does not do it.
    public var bringsBackExits = true
    /// Whether its container may be made anew.
    public var mayRecreate = true

    public var backoff = Backoff()
    /// A stable healthy time after which the backoff starts over: twice the last incident, within these bounds.
    public var stableTimeMin = Duration.seconds(60)
    public var stableTimeMax = Duration.seconds(600)

    /// This many unexpected exits within `crashLoopTime` are a crash loop, which the engine's own policy does not end.
    public var crashLoopExits = 3
    public var crashLoopTime = Duration.seconds(60)
    /// How long a process must have been gone before we act on it: who asked for its end is told by the event stream,
    /// which may be a moment behind what an inspection shows.
    public var goneTimeMin = Duration.seconds(1)
    /// How long a process may take to end after somebody sent it a stop signal, beyond its container's own grace: a
    /// person may stop it with a longer one. A signal that was ignored for longer is void.
    public var stopPatience = Duration.seconds(60)
    /// How long the engine's restart policy may take to bring a process back. It waits longer only when looping.
    public var enginePolicyPatience = Duration.seconds(10)
    /// How long the engine may live on after it stopped its last container to shut down.
    public var engineShutdownTime = Duration.seconds(10)
    /// Within how long it sends the signals to all of them.
    public var engineShutdownSpread = Duration.seconds(5)

    /// An action always reports back; should it not, it counts as failed after this time beyond its stop grace.
    public var actionTimeMax = Duration.seconds(120)
    /// The same for an action of a watchdog that was killed in the middle of it: the engine may still be at it.
    public var orphanedActionTime = Duration.seconds(10)

    /// How long a service may go on blaming a dependency after that one was seen well again.
    public var dependencyPatience = Duration.seconds(15)

    /// After this many attempts that did not change our probe's answer, Docker's contrary word counts more.
    public var uselessAttemptsMax = 3

    /// So many services that turned bad within `systemicTime`, and more than half of all, are no coincidence.
    public var systemicCount = 3
    public var systemicTime = Duration.seconds(30)
    /// How long one of them may take to serve again before the next one is tried.
    public var systemicPatience = Duration.seconds(15)
    /// How many are healed at once when the first one has shown that it helps.
    public var systemicWidth = 4

    /// Added to the time that a healthcheck's own numbers give it for a verdict.
    public var verifyMargin = Duration.seconds(10)
    /// The stop grace of a stateless service whose threads are all stopped: it can't hear the signal.
    public var stoppedGrace = Duration.seconds(1)

    /// The attempt of an incident, from 1, that makes the container anew; the one after it rolls back, where it can.
    public var recreateAttempt = 3

    public init() {}

    /// The stable time after an incident of this length.
    public func stableTime(afterIncident length: Duration) -> Duration {
        Swift.max(self.stableTimeMin, Swift.min(self.stableTimeMax, length * 2))
    }
}
