using System.CommandLine;
using System.Text;

namespace Cria.Cli;

/// <summary>A text that a command works on; users give it as an argument, as a file, or through a pipe.</summary>
internal sealed class TextSource
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Argument<string?> _argument = new("text")
    {
        Description = "The text; '-' or nothing reads it from a pipe.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _file = new("--file", "-f")
    {
        Description = "Reads the text from this file; '-' from a pipe.",
        HelpName = "file",
    };

    private readonly bool _isArgument;

    /// <summary>A source that is long as a rule, and so no argument unless <paramref name="isArgument"/>.</summary>
    public TextSource(bool isArgument = true) => _isArgument = isArgument;

    public void AddTo(Command command)
    {
        if (_isArgument) command.Add(_argument);
        command.Add(_file);
    }

    public bool IsGiven(ParseResult parsed) => Argument(parsed) is not null || parsed.GetValue(_file) is not null;

    /// <summary>The text of the argument, else of the file, else of standard input; "-" as either means standard input.</summary>
    public async Task<string> ReadAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        (string? argument, string? file) = (Argument(parsed), parsed.GetValue(_file));
        if (argument is not null && file is not null)
            throw new UsageException("The text is given twice: as an argument and with --file. Leave one out.");
        if (argument is not null and not "-") return argument;
        if (file is not null and not "-") return await ReadFileAsync(file, "text", terminal, cancellationToken);
        string missing = $"The text is missing. Give it {(_isArgument ? "as an argument, with --file," : "with --file")} or through a pipe.";
        return await ReadPipeAsync(terminal, isAskedFor: argument is not null || file is not null, missing, cancellationToken);
    }

    /// <summary>The text without the line break that editors and <c>echo</c> put at its end; an argument stays as it is.</summary>
    public async Task<string> ReadWithoutLastLineBreakAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string text = await ReadAsync(parsed, terminal, cancellationToken);
        return Argument(parsed) is null or "-" ? WithoutLastLineBreak(text) : text;
    }

    /// <summary>What comes through a pipe; a person is not kept waiting unless they asked to type.</summary>
    public static async Task<string> ReadPipeAsync(
        Terminal terminal, bool isAskedFor, string missing, CancellationToken cancellationToken)
    {
        if (terminal.InputIsTyped && !isAskedFor) throw new UsageException(missing);

        // A read from a terminal or pipe cannot be interrupted, but it need not be waited for.
        var content = new MemoryStream();
        await Task.Run(() => terminal.Input.CopyTo(content), CancellationToken.None).WaitAsync(cancellationToken);
        if (content.Length == 0) throw new UsageException($"Standard input is empty. {missing}");
        return Decode(content.ToArray(), "Standard input");
    }

    /// <summary>The text of a file, or of standard input where the name is "-"; <paramref name="what"/> says what it is to be.</summary>
    public static async Task<string> ReadFileAsync(string file, string what, Terminal terminal, CancellationToken cancellationToken)
    {
        if (file == "-") return await ReadPipeAsync(terminal, isAskedFor: true, $"Pipe in the {what}.", cancellationToken);
        if (Directory.Exists(file)) throw new InvalidTextException($"'{file}' is a folder. Name a text file in it.");

        // Not File.Exists alone: the shell's <(command) is a file of its own kind.
        if (!Path.Exists(file)) throw new InvalidTextException($"There is no file '{file}'. Check the path of the {what}.");
        return Decode(await File.ReadAllBytesAsync(file, cancellationToken), $"'{file}'");
    }

    internal static string WithoutLastLineBreak(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;

    private string? Argument(ParseResult parsed) => _isArgument ? parsed.GetValue(_argument) : null;

    private static string Decode(byte[] bytes, string source)
    {
        ReadOnlySpan<byte> text = bytes;
        if (text.StartsWith<byte>([0xFF, 0xFE]) || text.StartsWith<byte>([0xFE, 0xFF]))
        {
            throw new InvalidTextException(
                $"{source} is UTF-16 text, but must be UTF-8. Convert it, for example with 'iconv -f UTF-16 -t UTF-8'.");
        }

        if (text.StartsWith<byte>([0xEF, 0xBB, 0xBF])) text = text[3..];
        try
        {
            return Strict.GetString(text);
        }
        catch (DecoderFallbackException exception)
        {
            int at = bytes.Length - text.Length + exception.Index;
            throw new InvalidTextException($"{source} is not UTF-8 text (byte {at}). Convert it first, for example with iconv.");
        }
    }
}

/// <summary>A text cannot be read.</summary>
internal sealed class InvalidTextException(string message) : CriaException(message);
