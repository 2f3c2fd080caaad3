#include "answers.h"
#include "clock.h"

#include "chat.h"
#include "jinja/caps.h"
#include "jinja/lexer.h"
#include "jinja/parser.h"
#include "jinja/runtime.h"
#include "json-schema-to-grammar.h"
#include "json.h"
#include "log.h"
#include "llama-grammar.h"

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using json = common_json;

// chat.cpp keeps this type to itself and sets the two flags from a model, which there is none of here.
struct common_chat_templates {
    bool add_bos;
    bool add_eos;
};

namespace {

std::string text(const json & request, const char * name) {
    return request.contains(name) && request.at(name).is_string() ? request.at(name).get<std::string>() : "";
}

bool flag(const json & request, const char * name, bool otherwise) {
    return request.contains(name) && request.at(name).is_boolean() ? request.at(name).get<bool>() : otherwise;
}

// A JSON value that may have been given as its text.
json value(const json & request, const char * name) {
    const json & given = request.at(name);
    return given.is_string() ? json::parse(given.get<std::string>()) : given;
}

bool given(const json & request, const char * name) {
    return request.contains(name) && !request.at(name).is_null();
}

// ---- templates

jinja::program parse_template(const std::string & source, std::string * normalised = nullptr) {
    jinja::lexer lexer;
    const auto   tokens = lexer.tokenize(source);
    if (normalised) {
        *normalised = tokens.source;
    }
    return jinja::parse_from_tokens(tokens);
}

json answer_jinja(const json & request) {
    std::string          source;
    const jinja::program program = parse_template(text(request, "template"), &source);
    jinja::context       context(source);
    jinja::global_from_json(context, request.contains("context") ? request.at("context") : json::object(), flag(request, "mark_input", true));

    jinja::runtime runtime(context);
    const auto     rendered = jinja::runtime::gather_string_parts(runtime.execute(program))->as_string();
    json           parts    = json::array();
    for (const auto & part : rendered.parts) {
        parts.push_back({ { "text", part.val }, { "is_input", part.is_input } });
    }
    return json{ { "text", rendered.str() }, { "parts", parts } };
}

json answer_caps(const json & request) {
    jinja::program program = parse_template(text(request, "template"));
    return json(jinja::caps_get(program).to_map());
}

// ---- chats

common_chat_templates_ptr chat_templates(const json & request) {
    const std::string source = text(request, "template");
    try {
        auto templates = common_chat_templates_init(nullptr, source, text(request, "bos_token"), text(request, "eos_token"));
        templates->add_bos = flag(request, "add_bos", false);
        templates->add_eos = flag(request, "add_eos", false);
        return templates;
    } catch (const std::exception &) {
        parse_template(source); // says why: the exception above has lost its text
        throw;
    }
}

// What llama.cpp's server makes of the same fields of a request for a completion.
common_chat_templates_inputs chat_inputs(const json & request, const common_chat_templates * templates) {
    common_chat_templates_inputs inputs;
    inputs.messages = common_chat_msgs_parse_oaicompat(request.at("messages"));
    if (given(request, "tools")) {
        inputs.tools = common_chat_tools_parse_oaicompat(request.at("tools"));
    }
    if (given(request, "tool_choice")) {
        inputs.tool_choice = common_chat_tool_choice_parse_oaicompat(request.at("tool_choice").get<std::string>());
    }
    if (given(request, "json_schema")) {
        inputs.json_schema = value(request, "json_schema").dump();
    }
    if (given(request, "continue_final_message")) {
        inputs.continue_final_message = common_chat_continuation_parse(request.at("continue_final_message"));
    }
    inputs.grammar               = text(request, "grammar");
    inputs.add_bos               = flag(request, "add_bos", false);
    inputs.add_eos               = flag(request, "add_eos", false);
    inputs.add_generation_prompt = flag(request, "add_generation_prompt", true);
    inputs.enable_thinking       = flag(request, "enable_thinking", true);
    inputs.parallel_tool_calls   =
        flag(request, "parallel_tool_calls", common_chat_templates_get_caps(templates)["supports_parallel_tool_calls"]);
    inputs.reasoning_format      = common_reasoning_format_from_name(request.value("reasoning_format", "deepseek"));
    if (given(request, "kwargs")) {
        for (const auto & item : request.at("kwargs").items()) {
            inputs.chat_template_kwargs[item.key()] = item.value().dump();
        }
    }
    const auto thinking = inputs.chat_template_kwargs.find("enable_thinking");
    if (thinking != inputs.chat_template_kwargs.end()) {
        inputs.enable_thinking = thinking->second == "true";
    }
    return inputs;
}

json triggers_json(const std::vector<common_grammar_trigger> & triggers) {
    static const char * const names[] = { "token", "word", "pattern", "pattern_full" };
    json array = json::array();
    for (const auto & trigger : triggers) {
        array.push_back({ { "type", names[trigger.type] }, { "value", trigger.value } });
    }
    return array;
}

json answer_chat(const json & request) {
    const auto templates = chat_templates(request);
    const auto params    = common_chat_templates_apply(templates.get(), chat_inputs(request, templates.get()));
    return json{
        { "prompt",             params.prompt },
        { "generation_prompt",  params.generation_prompt },
        { "format",             common_chat_format_name(params.format) },
        { "grammar",            params.grammar },
        { "grammar_lazy",       params.grammar_lazy },
        { "grammar_triggers",   triggers_json(params.grammar_triggers) },
        { "supports_thinking",  params.supports_thinking },
        { "thinking_start_tag", params.thinking_start_tag },
        { "thinking_end_tags",  params.thinking_end_tags },
        { "preserved_tokens",   params.preserved_tokens },
        { "additional_stops",   params.additional_stops },
        { "message_delimiters", params.message_delimiters.to_json() },
        { "parser",             params.parser },
    };
}

json message_json(const common_chat_msg & message) {
    json calls = json::array();
    for (const auto & call : message.tool_calls) {
        calls.push_back({ { "id", call.id }, { "name", call.name }, { "arguments", call.arguments } });
    }
    return json{
        { "role",              message.role },
        { "content",           message.render_content() },
        { "reasoning_content", message.reasoning_content },
        { "tool_calls",        calls },
    };
}

json answer_parse(const json & request) {
    const auto templates = chat_templates(request);
    const auto inputs    = chat_inputs(request, templates.get());
    const auto params    = common_chat_templates_apply(templates.get(), inputs);

    common_chat_parser_params parser(params);
    parser.reasoning_format = inputs.reasoning_format;
    parser.parse_tool_calls = flag(request, "parse_tool_calls", true);
    parser.is_continuation  = inputs.continue_final_message != COMMON_CHAT_CONTINUATION_NONE;
    parser.echo             = flag(request, "echo", false);
    if (!params.parser.empty()) {
        parser.parser.load(params.parser);
    }

    const bool partial = flag(request, "partial", false);
    if (!request.contains("outputs")) {
        return message_json(common_chat_parse(request.at("output").get<std::string>(), partial, parser));
    }

    json messages = json::array();
    for (const json & output : request.at("outputs")) {
        try {
            messages.push_back(message_json(common_chat_parse(output.get<std::string>(), partial, parser)));
        } catch (const std::exception & e) {
            messages.push_back({ { "error", e.what() } });
        }
    }
    return json{ { "messages", messages } };
}

// ---- grammars

json answer_schema(const json & request) {
    return json{ { "gbnf", json_schema_to_grammar(value(request, "schema"), /* force_gbnf= */ true) } };
}

using grammar_ptr = std::unique_ptr<llama_grammar, decltype(&llama_grammar_free_impl)>;

bool may_end(const llama_grammar & grammar) {
    for (const auto & stack : grammar.stacks) {
        if (stack.empty()) {
            return true;
        }
    }
    return false;
}

size_t character_length(unsigned char lead) {
    return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

json match(const llama_grammar & grammar, const std::string & text) {
    const grammar_ptr state(llama_grammar_clone_impl(grammar), llama_grammar_free_impl);
    size_t            prefix = 0;
    try {
        while (prefix < text.size()) {
            const std::string character = text.substr(prefix, character_length(text[prefix]));
            llama_grammar_accept_str(*state, character);
            prefix += character.size();
        }
    } catch (const std::runtime_error &) {
        return json{ { "accepted", false }, { "prefix", prefix } };
    }
    return json{ { "accepted", may_end(*state) }, { "prefix", prefix } };
}

// What llama.cpp wrote to the standard error output while a grammar was read, which is where it says what is wrong with it.
struct captured_errors {
    char * text = nullptr;
    size_t size = 0;
    FILE * mine;
    FILE * before;

    captured_errors() : mine(open_memstream(&text, &size)), before(stderr) {
        stderr = mine;
        llama_log_set([](ggml_log_level, const char * line, void *) { fputs(line, stderr); }, nullptr);
    }

    ~captured_errors() {
        stderr = before;
        fclose(mine);
        free(text);
    }

    std::string read() {
        fflush(mine);
        return std::string(text, size);
    }
};

json answer_gbnf(const json & request) {
    captured_errors   errors;
    const std::string root = given(request, "root") ? text(request, "root") : "root";
    const grammar_ptr grammar(
        llama_grammar_init_impl(nullptr, text(request, "grammar").c_str(), root.c_str(), false, nullptr, 0, nullptr, 0),
        llama_grammar_free_impl);
    if (!grammar) {
        throw std::runtime_error(errors.read());
    }

    json texts = json::array();
    for (const json & text : request.at("texts")) {
        texts.push_back(match(*grammar, text.get<std::string>()));
    }
    return json{ { "texts", texts } };
}

json answer_json(const json & request) {
    const std::string wish = text(request, "do");
    if (given(request, "now")) {
        stop_clock((std::time_t) request.at("now").get<int64_t>());
    }
    if (wish == "jinja")  { return answer_jinja(request); }
    if (wish == "caps")   { return answer_caps(request); }
    if (wish == "chat")   { return answer_chat(request); }
    if (wish == "parse")  { return answer_parse(request); }
    if (wish == "schema") { return answer_schema(request); }
    if (wish == "gbnf")   { return answer_gbnf(request); }
    throw std::invalid_argument("unknown request '" + wish + "': do is jinja, caps, chat, parse, schema or gbnf");
}

} // namespace

std::string answer(const std::string & request) {
    common_log_set_verbosity_thold(-1);
    try {
        return answer_json(json::parse(request)).dump_safe();
    } catch (const std::exception & e) {
        return refusal(e.what());
    }
}

std::string refusal(const std::string & reason) {
    return json{ { "error", reason } }.dump_safe();
}
