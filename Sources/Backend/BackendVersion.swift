/// The version of this program, as `gammonguru version` and `/health` say it.
public let backendVersion = "0.1.0"
