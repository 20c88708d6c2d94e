import DaguerreCheckpoints
import DaguerreModels
import DaguerreSampling

extension ModelReader {
    /// The folders that make a model.
    static let components: Set<String> = [
        "unet", "vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "scheduler",
    ]

    /// Checks that `other`, which was written from this model, is the same model.
    ///
    /// - Throws: `CheckpointError.unsupportedLayout` naming a field that the new layout has no place for.
    func requireSame(as other: ModelReader, in name: String) throws(CheckpointError) {
        func require<T: Equatable>(_ field: String, _ found: T, _ expected: T) throws(CheckpointError) {
            guard found != expected else { return }
            throw .unsupportedLayout(
                file: name, found: "\(field) \(found)", expected: "\(expected), which is what the new layout stands for"
            )
        }
        let (unet, otherUNet) = (self.unet, other.unet)
        for level in unet.heads.indices where unet.attends(level) {
            try require("attention_head_dim", unet.heads[level], otherUNet.heads[level])
        }
        try require("block_out_channels", unet.blockOutChannels, otherUNet.blockOutChannels)
        try require("in_channels", unet.inChannels, otherUNet.inChannels)
        try require("norm_num_groups", unet.normGroups, otherUNet.normGroups)
        try require("norm_eps", unet.normEpsilon, otherUNet.normEpsilon)
        try require("flip_sin_to_cos", unet.flipSinToCos, otherUNet.flipSinToCos)
        try require("freq_shift", unet.frequencyShift, otherUNet.frequencyShift)
        try require("center_input_sample", unet.centerInputSample, otherUNet.centerInputSample)
        try require("downsample_padding", unet.downsamplePadding, otherUNet.downsamplePadding)
        try require("only_cross_attention", unet.onlyCrossAttention, otherUNet.onlyCrossAttention)
        try require("time_cond_proj_dim", unet.timeConditionWidth, otherUNet.timeConditionWidth)
        try require("addition_time_embed_dim", unet.addition, otherUNet.addition)
        try require("the autoencoder's norm_num_groups", autoencoder.normGroups, other.autoencoder.normGroups)
        try require("scaling_factor", autoencoder.scalingFactor, other.autoencoder.scalingFactor)
        try require("shift_factor", autoencoder.shiftFactor, other.autoencoder.shiftFactor)
        try require("number of text encoders", text.count, other.text.count)
        for (mine, its) in zip(text, other.text) {
            let (mine, its) = (mine.configuration, its.configuration)
            try require("num_attention_heads", mine.heads, its.heads)
            try require("hidden_act", mine.activation, its.activation)
            try require("num_hidden_layers", mine.layerCount, its.layerCount)
            try require("layer_norm_eps", mine.normEpsilon, its.normEpsilon)
        }
        try require("prediction_type", sampler.predictionType, other.sampler.predictionType)
        try require("beta_start", sampler.betaStart, other.sampler.betaStart)
        try require("beta_end", sampler.betaEnd, other.sampler.betaEnd)
        try require("beta_schedule", sampler.betaSchedule, other.sampler.betaSchedule)
    }
}

extension UNetConfiguration {
    /// Whether there are attentions with the heads of `level`.
    fileprivate func attends(_ level: Int) -> Bool {
        downBlocks[level] == .crossAttention || upBlocks[upBlocks.count - 1 - level] == .crossAttention
            || level == heads.count - 1 && middleBlock == .crossAttention
    }
}
