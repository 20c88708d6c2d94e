package import Logging

/// What becomes of images in which the safety checker finds something.
package enum SafetyChoice: String, CaseIterable, Sendable {
    /// Nothing is checked.
    case off
    /// They are blurred until nothing can be made out.
    case blur
    /// They are withheld.
    case block
}

/// What weights and activations are rounded to.
package enum ComputePrecision: String, CaseIterable, Sendable {
    case bfloat16, float32
}

/// What previews are made by.
package enum PreviewDecoderSetting: Equatable, Sendable {
    /// A tiny autoencoder of the models folder where one fits, else ``linear``.
    case automatic
    /// A linear function of the latents.
    case linear
    /// The tiny autoencoder at a path.
    case path(String)
}

/// How log lines look.
package enum LogFormat: String, CaseIterable, Sendable {
    /// Text on a terminal, else JSON.
    case auto
    /// Lines for people.
    case text
    /// An object a line.
    case json
}

/// The least that is logged.
package typealias LogLevel = Logger.Level
