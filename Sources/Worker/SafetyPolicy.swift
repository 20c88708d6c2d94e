import Daguerre

/// What is done with what a deployment does not want to show; an administrator's choice, which no request can weaken.
public struct SafetyPolicy: Equatable, Sendable {
    /// What becomes of a picture in which the checker finds something.
    public enum Action: String, CaseIterable, Sendable {
        /// Nothing is looked at.
        case off
        /// It is blurred until nothing can be made out.
        case blur
        /// It is withheld.
        case block
    }

    /// What becomes of a picture in which the checker finds something.
    public var action: Action
    /// The folder or file of a checker that looks at the pictures of every model; each model's own where nil.
    public var checkerPath: String?

    /// Does `action` by the checker at `path`, or by each model's own.
    public init(_ action: Action, checkerPath path: String? = nil) {
        self.action = action
        checkerPath = path
    }

    /// Nothing is looked at.
    public static let off = SafetyPolicy(.off)

    /// Which checker a model is loaded with.
    var checker: SafetyCheckerChoice {
        guard action != .off else { return .off }
        return checkerPath.map(SafetyCheckerChoice.path) ?? .automatic
    }

    /// - Throws: `CheckpointError`, `ModelError` if the checker of all models cannot be used: nothing may then be drawn.
    func check() throws {
        if action != .off, checkerPath != nil { try checker.check() }
    }
}
