using System.CommandLine;
using System.Globalization;
using Cria.Text;

namespace Cria.Cli.Commands;

/// <summary><c>cria tokenize</c>: cuts a text into the model's tokens.</summary>
internal static class TokenizeCommand
{
    public static Command Create(Terminal terminal)
    {
        var text = new TextSource();
        var addSpecial = new Option<bool>("--add-special") { Description = "Adds the tokens that the model wants around a text." };
        var parseSpecial = new Option<bool>("--parse-special") { Description = "Reads names such as <|im_start|> as special tokens." };
        var model = new ModelSource();
        var command = new CriaCommand(
            "tokenize",
            "Cut a text into tokens.",
            "cria tokenize -m model.gguf \"Hello world\"",
            "cria tokenize -m model.gguf --file text.txt --json") { addSpecial, parseSpecial };
        text.AddTo(command);
        model.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string content = await text.ReadAsync(parsed, terminal, cancellationToken);
            Tokenizer tokenizer = model.ReadTokenizer(parsed);
            int[] tokens = tokenizer.Encode(content, parsed.GetValue(addSpecial), parsed.GetValue(parseSpecial));
            if (parsed.WantsJson()) terminal.WriteJson(tokens, CliJson.Default.Int32Array);
            else List(terminal, tokenizer, tokens);
            return ExitCode.Success;
        });
        return command;
    }

    private static void List(Terminal terminal, Tokenizer tokenizer, int[] tokens)
    {
        var listing = new Listing("id", "text");
        foreach (int token in tokens)
            listing.Add(token.ToString(CultureInfo.InvariantCulture), Visible.InQuotes(tokenizer.PieceBytes(token, special: true)));
        listing.Write(terminal);
    }
}
