import Redeploy
import Testing

@testable import Backend

struct SchemaTests {
    @Test("the program before can live with every step of the schema: a deploy and its undo need that")
    func onlyAdds() {
        #expect(!Schema.migrations.isEmpty)
        for step in Schema.migrations {
            let faults = MigrationCheck.faults(in: step.sql)
            #expect(faults.isEmpty, "step \(step.version) \(step.name): \(faults)")
        }
    }
}
