import YAML

/// A `render.yaml`: https://render.com/docs/blueprint-spec.
struct Blueprint: Sendable {
    struct Service: Sendable {
        let node: YAMLNode
        let place: Place
        let type: String
        let name: String
        /// `runtime`, or `env` as it was called before.
        let runtime: String?
        /// Relative to the folder of the blueprint's repository.
        let dockerfile: String
        let healthCheckPath: String?
        /// With those of its groups.
        let settings: [Setting]

        var isWeb: Bool { self.type == "web" && self.runtime != "static" }
    }

    struct Setting: Sendable {
        let name: String
        let place: Place
        let node: YAMLNode

        /// The literal value; nil where there is none.
        var value: String? { self.node["value"].flatMap { $0.isNull ? nil : $0.text } }

        /// Whether Render gets a value from somewhere.
        var hasSource: Bool {
            if self.value != nil || self.node["generateValue"]?.bool == true || self.node["sync"]?.bool == false {
                return true
            }
            return self.node["fromDatabase"] != nil || self.node["fromService"] != nil
        }
    }

    /// The path that findings name.
    let file: String
    let root: YAMLNode
    let services: [Service]
    /// The settings of all groups.
    let groupSettings: [Setting]

    init(file: String, root: YAMLNode) {
        self.file = file
        self.root = root
        var groups: [String: [Setting]] = [:]
        for scope in Self.scopes(root) {
            for group in scope["envVarGroups"]?.elements ?? [] {
                groups[group["name"]?.text ?? ""] = Self.settings(group["envVars"], file)
            }
        }
        self.groupSettings = groups.sorted { $0.key < $1.key }.flatMap(\.value)
        self.services = Self.scopes(root).flatMap { $0["services"]?.elements ?? [] }.map { node in
            let own = Self.settings(node["envVars"], file)
            let fromGroups = (node["envVars"]?.elements ?? []).compactMap { $0["fromGroup"]?.text }
            let folder = node["rootDir"]?.text ?? "."
            return Service(
                node: node, place: Place(file, node.entry("name")?.key.line ?? node.line),
                type: node["type"]?.text ?? "", name: node["name"]?.text ?? "",
                runtime: node["runtime"]?.text ?? node["env"]?.text,
                dockerfile: Path.normal("\(folder)/\(node["dockerfilePath"]?.text ?? "Dockerfile")"),
                healthCheckPath: node["healthCheckPath"]?.text,
                settings: own + fromGroups.flatMap { groups[$0] ?? [] })
        }
    }

    /// Where lists of services and groups may stand.
    static func scopes(_ root: YAMLNode) -> [YAMLNode] {
        let projects = (root["projects"]?.elements ?? []).flatMap { $0["environments"]?.elements ?? [] }
        return [root] + (root["ungrouped"].map { [$0] } ?? []) + projects
    }

    private static func settings(_ node: YAMLNode?, _ file: String) -> [Setting] {
        (node?.elements ?? []).compactMap { element in
            guard let entry = element.entry("key"), let name = entry.value.text else { return nil }
            return Setting(name: name, place: Place(file, entry.key.line), node: element)
        }
    }

    /// The keys that Render's specification lists, by what they stand in.
    static let keys: [String: Set<String>] = [
        "the blueprint": [
            "version", "services", "databases", "envVarGroups", "projects", "ungrouped", "previews", "previewsEnabled",
            "previewsExpireAfterDays",
        ],
        "a service": [
            "autoDeploy", "autoDeployTrigger", "branch", "buildCommand", "buildFilter", "disk", "dockerCommand",
            "dockerContext", "dockerfilePath", "domain", "domains", "env", "envVars", "headers", "healthCheckPath",
            "image", "initialDeployHook", "ipAllowList", "maintenanceMode", "maxShutdownDelaySeconds",
            "maxmemoryPolicy", "name", "numInstances", "plan", "preDeployCommand", "previewPlan", "previews",
            "pullRequestPreviewsEnabled", "region", "registryCredential", "renderSubdomainPolicy", "repo", "rootDir",
            "routes", "runtime", "scaling", "schedule", "startCommand", "staticPublishPath", "type",
        ],
        "a database": [
            "databaseName", "diskSizeGB", "highAvailability", "ipAllowList", "name", "plan", "postgresMajorVersion",
            "previewDiskSizeGB", "previewPlan", "readReplicas", "region", "storageAutoscalingEnabled", "user",
        ],
        "a setting": [
            "fromDatabase", "fromGroup", "fromService", "generateValue", "key", "previewValue", "sync", "value",
        ],
    ]

    /// What older keys are called now.
    static let newNames = [
        "env": "runtime", "autoDeploy": "autoDeployTrigger", "pullRequestPreviewsEnabled": "previews.generation",
        "previewsEnabled": "previews.generation", "previewsExpireAfterDays": "previews.expireAfterDays",
        "domain": "domains", "previewPlan": "previews.plan",
    ]

    /// Every mapping whose keys are known, with what it is.
    var knownMappings: [(what: String, node: YAMLNode)] {
        var mappings: [(String, YAMLNode)] = [("the blueprint", self.root)]
        for scope in Self.scopes(self.root) {
            for service in scope["services"]?.elements ?? [] {
                mappings.append(("a service", service))
                mappings += (service["envVars"]?.elements ?? []).map { ("a setting", $0) }
            }
            for database in scope["databases"]?.elements ?? [] { mappings.append(("a database", database)) }
            for group in scope["envVarGroups"]?.elements ?? [] {
                mappings += (group["envVars"]?.elements ?? []).map { ("a setting", $0) }
            }
        }
        return mappings
    }
}
