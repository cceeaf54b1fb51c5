import EventLoop

@Loop
public func probe(url: ProbeURL, networkNamespaceOf pid: Int32, within limit: Duration) async -> ProbeOutcome {
    .unavailable("not written yet")
}
