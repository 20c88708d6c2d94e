import ArgumentParser

/// The options that say where results go.
struct OutputArguments: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            """
            A file that ends in .png, .jpg or .webp (replaced if it is there), or a folder (nothing in it is replaced). \
            (default: a name made of prompt and seed, in this folder)
            """,
            valueName: "path"))
    var output: String?

    @Option(help: ArgumentHelp("Also write the final latents, as safetensors.", valueName: "file"))
    var latentsOutput: String?

    @Option(
        help: ArgumentHelp("Begin with these latents, standard normal, in place of drawn ones.", valueName: "file"))
    var initialLatents: String?

    @Flag(help: "Leave out of the files how the pictures were made.")
    var noInfotext = false

    @Flag(help: "Leave out of the files that a model drew the pictures (IPTC's digital source type).")
    var noProvenance = false

    @Flag(help: "Print one JSON object in place of the paths, and no progress.")
    var json = false
}
