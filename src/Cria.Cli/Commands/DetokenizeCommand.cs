using System.CommandLine;
using Cria.Text;

namespace Cria.Cli.Commands;

/// <summary><c>cria detokenize</c>: joins tokens to a text.</summary>
internal static class DetokenizeCommand
{
    public static Command Create(Terminal terminal)
    {
        var ids = new Argument<string[]>("ids")
        {
            Description = "The token ids, with commas or spaces between them; nothing reads them from a pipe.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var special = new Option<bool>("--special") { Description = "Writes the names of special tokens instead of leaving them out." };
        var model = new ModelSource();
        var command = new CriaCommand(
            "detokenize",
            "Join tokens to a text.",
            "cria detokenize -m model.gguf 15043,3186",
            "cria tokenize -m model.gguf \"Hello world\" --json | cria detokenize -m model.gguf") { ids, special };
        model.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] given = parsed.GetValue(ids) ?? [];
            const string missing = "The token ids are missing. Give them as arguments or through a pipe.";
            string list = given is [] or ["-"]
                ? await TextSource.ReadPipeAsync(terminal, isAskedFor: given.Length > 0, missing, cancellationToken)
                : string.Join(' ', given);
            int[] tokens = TokenList.Parse(list);
            Tokenizer tokenizer = model.ReadTokenizer(parsed);
            TokenList.Check(tokens, tokenizer.Count);
            string text = tokenizer.Decode(tokens, parsed.GetValue(special));
            if (parsed.WantsJson()) terminal.WriteJson(new DetokenizeReport(text), CliJson.Default.DetokenizeReport);
            else if (terminal.OutputIsSeen) terminal.Out.WriteLine(text);
            else terminal.Out.Write(text);
            return ExitCode.Success;
        });
        return command;
    }
}

/// <summary>The JSON document of <c>cria detokenize</c>.</summary>
internal sealed record DetokenizeReport(string Text);
