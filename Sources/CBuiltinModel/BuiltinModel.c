// The files of Models/builtin inside the executable: it draws wherever it is run from, with no folder beside it.
#include "CBuiltinModel.h"

#pragma clang diagnostic ignored "-Wc23-extensions"  // #embed: C23, and clang before it

#define ALIGNED static const unsigned char __attribute__((aligned(64)))

ALIGNED defaults[] = {
#embed "../../Models/builtin/daguerre.json"
};
ALIGNED model_index[] = {
#embed "../../Models/builtin/model_index.json"
};
ALIGNED scheduler[] = {
#embed "../../Models/builtin/scheduler/scheduler_config.json"
};
ALIGNED text_encoder_config[] = {
#embed "../../Models/builtin/text_encoder/config.json"
};
ALIGNED text_encoder[] = {
#embed "../../Models/builtin/text_encoder/model.safetensors"
};
ALIGNED merges[] = {
#embed "../../Models/builtin/tokenizer/merges.txt"
};
ALIGNED special_tokens[] = {
#embed "../../Models/builtin/tokenizer/special_tokens_map.json"
};
ALIGNED tokenizer_config[] = {
#embed "../../Models/builtin/tokenizer/tokenizer_config.json"
};
ALIGNED vocabulary[] = {
#embed "../../Models/builtin/tokenizer/vocab.json"
};
ALIGNED unet_config[] = {
#embed "../../Models/builtin/unet/config.json"
};
ALIGNED unet[] = {
#embed "../../Models/builtin/unet/diffusion_pytorch_model.safetensors"
};
ALIGNED vae_config[] = {
#embed "../../Models/builtin/vae/config.json"
};
ALIGNED vae[] = {
#embed "../../Models/builtin/vae/diffusion_pytorch_model.safetensors"
};

static const builtin_model_file files[] = {
    {"daguerre.json", defaults, sizeof defaults},
    {"model_index.json", model_index, sizeof model_index},
    {"scheduler/scheduler_config.json", scheduler, sizeof scheduler},
    {"text_encoder/config.json", text_encoder_config, sizeof text_encoder_config},
    {"text_encoder/model.safetensors", text_encoder, sizeof text_encoder},
    {"tokenizer/merges.txt", merges, sizeof merges},
    {"tokenizer/special_tokens_map.json", special_tokens, sizeof special_tokens},
    {"tokenizer/tokenizer_config.json", tokenizer_config, sizeof tokenizer_config},
    {"tokenizer/vocab.json", vocabulary, sizeof vocabulary},
    {"unet/config.json", unet_config, sizeof unet_config},
    {"unet/diffusion_pytorch_model.safetensors", unet, sizeof unet},
    {"vae/config.json", vae_config, sizeof vae_config},
    {"vae/diffusion_pytorch_model.safetensors", vae, sizeof vae},
};

size_t builtin_model_file_count(void) { return sizeof files / sizeof *files; }

builtin_model_file builtin_model_file_at(size_t index) {
    if (index >= builtin_model_file_count()) return (builtin_model_file){0};
    return files[index];
}
