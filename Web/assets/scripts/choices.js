// What there is to choose from: models, adapters, and the names of samplers and the like.
import { fetchAdapters, fetchModels, fetchOptions } from "./api.js";
import { byId, choose, setOptions } from "./element.js";

/** What models draw by themselves, for all that their names and families tell. */
const usual = [
  { isOf: ({ id }) => id === "builtin", width: 128, height: 128, steps: 20, guidance: 3.5 },
  { isOf: ({ family }) => /XL/.test(family ?? ""), width: 1024, height: 1024, steps: 30, guidance: 5 },
  { isOf: ({ family }) => /Diffusion 2/.test(family ?? ""), width: 768, height: 768, steps: 30, guidance: 7 },
  { isOf: () => true, width: 512, height: 512, steps: 30, guidance: 7 },
];

/** Fills the pickers of `composer` and keeps them to the model that is chosen; resolves to the models' names. */
export async function fillChoices(composer) {
  const [{ data: models }, adapters, options] = await Promise.all([fetchModels(), fetchAdapters(), fetchOptions()]);
  setOptions(byId("model"), models.map((model) => [model.id, title(model)]));
  choose(byId("model"), options.default_model);
  const own = ["", "Model’s own"];
  setOptions(byId("sampler"), [own, ...named(options.samplers)]);
  setOptions(byId("schedule"), [own, ...named(options.schedules)]);
  setOptions(byId("hires-upscaler"), [["", "Server’s choice"], ...named([...options.upscalers.latent, ...options.upscalers.pixel])]);
  setOptions(byId("vae"), [own, ...named(adapters.vaes)]);
  composer.setKnown({
    loras: adapters.loras.map(({ name, family }) => ({ name, note: family })),
    controls: adapters.controls.map(({ name }) => name),
    preprocessors: options.preprocessors.map((name) => [name, words(name)]),
    defaultModel: options.default_model,
  });
  const follow = () => {
    const chosen = models.find(({ id }) => id === byId("model").value) ?? { id: "" };
    composer.setDefaults(usual.find(({ isOf }) => isOf(chosen)));
  };
  byId("model").addEventListener("change", follow);
  follow();
  return models.map(({ id }) => id);
}

const title = ({ id, family }) => (family ? `${id} · ${family}` : id);

const named = (list) => list.map((item) => (typeof item === "string" ? [item, item] : [item.name, item.name]));

/** `blur_gaussian` as people write it. */
const words = (name) => (name[0].toUpperCase() + name.slice(1)).replaceAll("_", " ");
