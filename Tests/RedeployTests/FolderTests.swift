import Compose
import Testing

@testable import Redeploy

struct FolderTests {
    @Test(
        "the override is known by the absolute path that Compose labels with, and no file of the project is taken for it"
    )
    func override() {
        let folder = DeployFolder("1-p", in: StateFolder(besides: "compose.yaml", project: "p"))
        #expect(folder.isOverride(Substring(folder.override)))
        let files = "/srv/p/compose.yaml,/srv/p/.selfheal/deploys/1-p/override.json,/srv/p/override.json"
        #expect(
            files.split(separator: ",").filter { !folder.isOverride($0) } == [
                "/srv/p/compose.yaml", "/srv/p/override.json",
            ])
    }
}
