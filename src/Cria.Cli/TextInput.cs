using System.Text;

namespace Cria.Cli;

/// <summary>Reads a text from where the user put it: an argument, a file, or standard input.</summary>
internal static class TextInput
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// The text of the argument, else of the file, else of standard input; "-" as either means standard input.
    /// <paramref name="wanted"/> says what the text is, for the error if there is none.
    /// </summary>
    public static async Task<string> ReadAsync(
        Terminal terminal, string? argument, string? file, string wanted, CancellationToken cancellationToken)
    {
        if (argument is not null && file is not null)
            throw new UsageException($"The {wanted} is given twice: as an argument and with --file. Leave one out.");
        if (argument is not null and not "-") return argument;
        if (file is not null and not "-") return Decode(await ReadFileAsync(file, cancellationToken), $"'{file}'");
        if (terminal.InputIsTyped && argument is null && file is null)
            throw new UsageException($"The {wanted} is missing. Give it as an argument, with --file, or through a pipe.");

        byte[] bytes = await ReadInputAsync(terminal, cancellationToken);
        if (bytes.Length == 0) throw new UsageException($"The {wanted} is missing: standard input is empty. Give it as an argument or with --file.");
        return Decode(bytes, "Standard input");
    }

    /// <summary>The text without the line break that editors and <c>echo</c> put at its end.</summary>
    public static string WithoutLastLineBreak(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;

    private static Task<byte[]> ReadFileAsync(string file, CancellationToken cancellationToken)
    {
        if (Directory.Exists(file)) throw new InvalidTextException($"'{file}' is a folder. Name a text file in it.");
        if (!File.Exists(file)) throw new InvalidTextException($"There is no file '{file}'. Check the path of the text.");
        return File.ReadAllBytesAsync(file, cancellationToken);
    }

    private static async Task<byte[]> ReadInputAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        var content = new MemoryStream();

        // A read from a terminal or pipe cannot be interrupted, but it need not be waited for.
        await Task.Run(() => terminal.Input.CopyTo(content), CancellationToken.None).WaitAsync(cancellationToken);
        return content.ToArray();
    }

    private static string Decode(byte[] bytes, string source)
    {
        ReadOnlySpan<byte> text = bytes;
        if (text.StartsWith<byte>([0xFF, 0xFE]) || text.StartsWith<byte>([0xFE, 0xFF]))
            throw new InvalidTextException($"{source} is UTF-16 text, but must be UTF-8. Convert it, for example with 'iconv -f UTF-16 -t UTF-8'.");
        if (text.StartsWith<byte>([0xEF, 0xBB, 0xBF])) text = text[3..];
        try
        {
            return Strict.GetString(text);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidTextException(
                $"{source} is not UTF-8 text (byte {bytes.Length - text.Length + exception.Index}). Convert it first, for example with iconv.");
        }
    }
}

/// <summary>A text cannot be read.</summary>
internal sealed class InvalidTextException(string message) : CriaException(message);
