import Daguerre
package import DaguerreJobs
import DaguerrePipelines
import DaguerreSampling
import DaguerreTokenizers

extension EngineVocabulary {
    /// The names that this engine understands.
    package static let engine = EngineVocabulary(
        samplers: SamplerName.allCases.map { Name($0.infotextName, aliases: [$0.rawValue]) },
        schedules: ScheduleName.allCases.map { Name($0.infotextName, aliases: [$0.rawValue]) },
        latentUpscalers: HiresUpscaler.allCases.filter(\.isOfLatents).map(\.infotextName),
        pixelUpscalers: HiresUpscaler.allCases.filter { !$0.isOfLatents }.map(\.infotextName),
        sampler: { text throws(RequestError) in
            do {
                let (sampler, schedule) = try SamplerName.parse(text)
                return (sampler.infotextName, schedule?.infotextName)
            } catch {
                throw RequestError("sampler", found: shortened(text), expected: Self.expected(SamplerName.allCases))
            }
        },
        schedule: { text throws(RequestError) in
            do {
                return try ScheduleName.parse(text).infotextName
            } catch {
                throw RequestError("schedule", found: shortened(text), expected: Self.expected(ScheduleName.allCases))
            }
        },
        networks: { prompt throws(RequestError) in
            do {
                return try PromptSyntax.parse(prompt).networks.map(\.name)
            } catch {
                throw RequestError("prompt", found: oneLine("\(error)"), expected: "<lora:name:weight>")
            }
        })

    private static func expected(_ names: [SamplerName]) -> String {
        "a sampler: " + names.map(\.infotextName).joined(separator: ", ")
    }

    private static func expected(_ names: [ScheduleName]) -> String {
        "a schedule: " + names.map(\.infotextName).joined(separator: ", ")
    }
}

extension HiresUpscaler {
    /// Whether it enlarges latents, not pixels.
    fileprivate var isOfLatents: Bool { if case .latents = enlargement { true } else { false } }
}

/// What a client wrote, in quotes and no longer than a message can be.
private func shortened(_ text: String) -> String { "\"" + text.prefix(60) + (text.count > 60 ? "…\"" : "\"") }
