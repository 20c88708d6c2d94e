// The files of Web inside the executable: the page is there wherever it is run from, with no folder beside it.
#include "CWebPage.h"

#pragma clang diagnostic ignored "-Wc23-extensions"  // #embed: C23, and clang before it

static const unsigned char index[] = {
#embed "../../Web/index.html"
};
static const unsigned char chevron[] = {
#embed "../../Web/assets/chevron.svg"
};
static const unsigned char icons[] = {
#embed "../../Web/assets/icons.svg"
};
static const unsigned char mark[] = {
#embed "../../Web/assets/mark.svg"
};
static const unsigned char access[] = {
#embed "../../Web/assets/scripts/access.js"
};
static const unsigned char api[] = {
#embed "../../Web/assets/scripts/api.js"
};
static const unsigned char choices[] = {
#embed "../../Web/assets/scripts/choices.js"
};
static const unsigned char combobox[] = {
#embed "../../Web/assets/scripts/combobox.js"
};
static const unsigned char composer[] = {
#embed "../../Web/assets/scripts/composer.js"
};
static const unsigned char control_list[] = {
#embed "../../Web/assets/scripts/control-list.js"
};
static const unsigned char dial[] = {
#embed "../../Web/assets/scripts/dial.js"
};
static const unsigned char element[] = {
#embed "../../Web/assets/scripts/element.js"
};
static const unsigned char event_stream[] = {
#embed "../../Web/assets/scripts/event-stream.js"
};
static const unsigned char exact_json[] = {
#embed "../../Web/assets/scripts/exact-json.js"
};
static const unsigned char field_errors[] = {
#embed "../../Web/assets/scripts/field-errors.js"
};
static const unsigned char gallery[] = {
#embed "../../Web/assets/scripts/gallery.js"
};
static const unsigned char infotext[] = {
#embed "../../Web/assets/scripts/infotext.js"
};
static const unsigned char job_store[] = {
#embed "../../Web/assets/scripts/job-store.js"
};
static const unsigned char keyboard[] = {
#embed "../../Web/assets/scripts/keyboard.js"
};
static const unsigned char lora_list[] = {
#embed "../../Web/assets/scripts/lora-list.js"
};
static const unsigned char main[] = {
#embed "../../Web/assets/scripts/main.js"
};
static const unsigned char mask_editor[] = {
#embed "../../Web/assets/scripts/mask-editor.js"
};
static const unsigned char mask_strokes[] = {
#embed "../../Web/assets/scripts/mask-strokes.js"
};
static const unsigned char notices[] = {
#embed "../../Web/assets/scripts/notices.js"
};
static const unsigned char picture_details[] = {
#embed "../../Web/assets/scripts/picture-details.js"
};
static const unsigned char picture_input[] = {
#embed "../../Web/assets/scripts/picture-input.js"
};
static const unsigned char pictures[] = {
#embed "../../Web/assets/scripts/pictures.js"
};
static const unsigned char png_text[] = {
#embed "../../Web/assets/scripts/png-text.js"
};
static const unsigned char progress_words[] = {
#embed "../../Web/assets/scripts/progress-words.js"
};
static const unsigned char queue[] = {
#embed "../../Web/assets/scripts/queue.js"
};
static const unsigned char request_fields[] = {
#embed "../../Web/assets/scripts/request-fields.js"
};
static const unsigned char selection[] = {
#embed "../../Web/assets/scripts/selection.js"
};
static const unsigned char size_presets[] = {
#embed "../../Web/assets/scripts/size-presets.js"
};
static const unsigned char stage[] = {
#embed "../../Web/assets/scripts/stage.js"
};
static const unsigned char start_picture[] = {
#embed "../../Web/assets/scripts/start-picture.js"
};
static const unsigned char theme[] = {
#embed "../../Web/assets/scripts/theme.js"
};
static const unsigned char viewer[] = {
#embed "../../Web/assets/scripts/viewer.js"
};
static const unsigned char wire[] = {
#embed "../../Web/assets/scripts/wire.js"
};
static const unsigned char style_base[] = {
#embed "../../Web/assets/styles/base.css"
};
static const unsigned char style_composer[] = {
#embed "../../Web/assets/styles/composer.css"
};
static const unsigned char style_controls[] = {
#embed "../../Web/assets/styles/controls.css"
};
static const unsigned char style_dialogs[] = {
#embed "../../Web/assets/styles/dialogs.css"
};
static const unsigned char style_layout[] = {
#embed "../../Web/assets/styles/layout.css"
};
static const unsigned char style_roll[] = {
#embed "../../Web/assets/styles/roll.css"
};
static const unsigned char style_stage[] = {
#embed "../../Web/assets/styles/stage.css"
};

static const web_page_file files[] = {
    {"index.html", index, sizeof index},
    {"assets/chevron.svg", chevron, sizeof chevron},
    {"assets/icons.svg", icons, sizeof icons},
    {"assets/mark.svg", mark, sizeof mark},
    {"assets/scripts/access.js", access, sizeof access},
    {"assets/scripts/api.js", api, sizeof api},
    {"assets/scripts/choices.js", choices, sizeof choices},
    {"assets/scripts/combobox.js", combobox, sizeof combobox},
    {"assets/scripts/composer.js", composer, sizeof composer},
    {"assets/scripts/control-list.js", control_list, sizeof control_list},
    {"assets/scripts/dial.js", dial, sizeof dial},
    {"assets/scripts/element.js", element, sizeof element},
    {"assets/scripts/event-stream.js", event_stream, sizeof event_stream},
    {"assets/scripts/exact-json.js", exact_json, sizeof exact_json},
    {"assets/scripts/field-errors.js", field_errors, sizeof field_errors},
    {"assets/scripts/gallery.js", gallery, sizeof gallery},
    {"assets/scripts/infotext.js", infotext, sizeof infotext},
    {"assets/scripts/job-store.js", job_store, sizeof job_store},
    {"assets/scripts/keyboard.js", keyboard, sizeof keyboard},
    {"assets/scripts/lora-list.js", lora_list, sizeof lora_list},
    {"assets/scripts/main.js", main, sizeof main},
    {"assets/scripts/mask-editor.js", mask_editor, sizeof mask_editor},
    {"assets/scripts/mask-strokes.js", mask_strokes, sizeof mask_strokes},
    {"assets/scripts/notices.js", notices, sizeof notices},
    {"assets/scripts/picture-details.js", picture_details, sizeof picture_details},
    {"assets/scripts/picture-input.js", picture_input, sizeof picture_input},
    {"assets/scripts/pictures.js", pictures, sizeof pictures},
    {"assets/scripts/png-text.js", png_text, sizeof png_text},
    {"assets/scripts/progress-words.js", progress_words, sizeof progress_words},
    {"assets/scripts/queue.js", queue, sizeof queue},
    {"assets/scripts/request-fields.js", request_fields, sizeof request_fields},
    {"assets/scripts/selection.js", selection, sizeof selection},
    {"assets/scripts/size-presets.js", size_presets, sizeof size_presets},
    {"assets/scripts/stage.js", stage, sizeof stage},
    {"assets/scripts/start-picture.js", start_picture, sizeof start_picture},
    {"assets/scripts/theme.js", theme, sizeof theme},
    {"assets/scripts/viewer.js", viewer, sizeof viewer},
    {"assets/scripts/wire.js", wire, sizeof wire},
    {"assets/styles/base.css", style_base, sizeof style_base},
    {"assets/styles/composer.css", style_composer, sizeof style_composer},
    {"assets/styles/controls.css", style_controls, sizeof style_controls},
    {"assets/styles/dialogs.css", style_dialogs, sizeof style_dialogs},
    {"assets/styles/layout.css", style_layout, sizeof style_layout},
    {"assets/styles/roll.css", style_roll, sizeof style_roll},
    {"assets/styles/stage.css", style_stage, sizeof style_stage},
};

size_t web_page_file_count(void) { return sizeof files / sizeof *files; }

web_page_file web_page_file_at(size_t index) {
    if (index >= web_page_file_count()) return (web_page_file){0};
    return files[index];
}
