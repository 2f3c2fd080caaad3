using System.CommandLine;
using System.Text.Json;
using Cria.Gguf;
using Cria.Text;

namespace Cria.Cli.Commands;

/// <summary><c>cria template</c>: renders the prompt that a chat template makes of a conversation.</summary>
internal static class TemplateCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string?> template = File("--template", "A Jinja template, instead of that of a model.");
        Option<string?> messages = File("--messages", "The conversation: a JSON array of messages as OpenAI has them.");
        Option<string?> tools = File("--tools", "The functions that the model may call: a JSON array of tools as OpenAI has them.");
        Option<string?> variables = File("--kwargs", "Further variables for the template: a JSON object.");
        var variant = new Option<string?>("--variant") { Description = "Takes the model's template of this name.", HelpName = "name" };
        var bos = new Option<string>("--bos") { Description = "What begins a text, for --template.", HelpName = "token", DefaultValueFactory = _ => "" };
        var eos = new Option<string>("--eos") { Description = "What ends a text, for --template.", HelpName = "token", DefaultValueFactory = _ => "" };
        var bare = new Option<bool>("--no-generation-prompt") { Description = "Ends the prompt with the last message." };
        var answerAtOnce = new Option<bool>("--no-thinking") { Description = "Asks for an answer without reasoning, where the template can." };
        var model = new ModelSource();
        var command = new CriaCommand(
            "template",
            "Render a conversation with a chat template.",
            "cria template -m model.gguf --messages chat.json",
            "cria template --template chat.jinja --messages - --tools tools.json < chat.json")
        {
            template, messages, tools, variables, variant, bos, eos, bare, answerAtOnce,
        };
        model.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(messages) is null) throw new UsageException("The conversation is missing. Name a JSON file with --messages; '-' reads a pipe.");
            if (((Option<string?>[])[template, messages, tools, variables]).Count(option => parsed.GetValue(option) == "-") > 1)
                throw new UsageException("Only one of --template, --messages, --tools and --kwargs can come from a pipe.");

            if (parsed.GetValue(template) is not null && (parsed.GetValue<string?>("--model") ?? parsed.GetValue(variant)) is not null)
                throw new UsageException("The template is given twice: with --template and as that of a model. Leave one out.");

            ChatTemplate chosen = await ReadAsync(template) is { } source
                ? ChatTemplate.Parse(source, parsed.GetValue(bos)!, parsed.GetValue(eos)!)
                : ReadTemplate(model.FindFile(parsed), parsed.GetValue(variant));
            var request = new ChatRequest(ChatMessage.FromJson((await ReadAsync(messages))!))
            {
                Tools = await ReadAsync(tools) is { } list ? ChatTool.FromJson(list) : [],
                TemplateVariables = await ReadAsync(variables) is { } json ? ReadVariables(json) : new Dictionary<string, JsonElement>(),
                AddGenerationPrompt = !parsed.GetValue(bare),
                EnableThinking = !parsed.GetValue(answerAtOnce),
            };
            string prompt = chosen.RenderText(request);
            if (parsed.WantsJson()) terminal.WriteJson(new TemplateReport(prompt), CliJson.Default.TemplateReport);
            else if (terminal.OutputIsSeen) terminal.Out.WriteLine(prompt);
            else terminal.Out.Write(prompt);
            return ExitCode.Success;

            async Task<string?> ReadAsync(Option<string?> option) => parsed.GetValue(option) is { } file
                ? await TextSource.ReadFileAsync(file, $"file for {option.Name}", terminal, cancellationToken)
                : null;
        });
        return command;
    }

    private static Option<string?> File(string name, string description) =>
        new(name) { Description = $"{description} '-' reads it from a pipe.", HelpName = "file" };

    private static ChatTemplate ReadTemplate(string path, string? variant)
    {
        using GgufFile file = GgufFile.Open(path);
        return ChatTemplate.FromFile(file, Tokenizer.FromFile(file), variant);
    }

    private static Dictionary<string, JsonElement> ReadVariables(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document.RootElement.EnumerateObject().GroupBy(v => v.Name).ToDictionary(v => v.Key, v => v.Last().Value.Clone());
        }
        catch (JsonException exception)
        {
            throw new InvalidTextException(
                $"The variables of --kwargs are no JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1} is wrong.");
        }
        throw new InvalidTextException("The variables of --kwargs must be a JSON object, such as {\"enable_thinking\": false}.");
    }
}

/// <summary>The JSON document of <c>cria template</c>.</summary>
internal sealed record TemplateReport(string Prompt);
