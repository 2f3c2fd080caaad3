using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Win32.SafeHandles;

namespace Cria.Cli;

/// <summary>The three streams of the process, and whether a person is at the other end of each.</summary>
internal sealed class Terminal
{
    private static readonly JsonWriterOptions JsonForPeople = new()
    {
        // The default also escapes every letter beyond ASCII, for the sake of HTML pages that this output never enters.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required Stream Input { get; init; }

    public required Stream Output { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public Interrupts Interrupts { get; } = new();

    public bool InputIsTyped { get; init; }

    public bool OutputIsSeen { get; init; }

    public bool ErrorIsSeen { get; init; }

    public static Terminal OfProcess()
    {
        bool seen = !Console.IsOutputRedirected;
        if (OperatingSystem.IsWindows() && seen) Console.OutputEncoding = Encoding.UTF8;
        Stream output = OpenOutput();
        return new Terminal
        {
            Input = Console.OpenStandardInput(),
            Output = output,
            Out = new StreamWriter(output, new UTF8Encoding(false)) { NewLine = "\n" },
            Error = Console.Error,
            InputIsTyped = !Console.IsInputRedirected,
            OutputIsSeen = seen,
            ErrorIsSeen = !Console.IsErrorRedirected,
        };
    }

    /// <summary>Writes the one JSON document of a <c>--json</c> run.</summary>
    public void WriteJson<T>(T report, JsonTypeInfo<T> type)
    {
        Out.Flush();
        using (var writer = new Utf8JsonWriter(Output, JsonForPeople)) JsonSerializer.Serialize(writer, report, type);
        Out.WriteLine();
        Out.Flush();
    }

    /// <summary>Opens standard output so that a reader who has gone away is noticed.</summary>
    private static Stream OpenOutput()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected) return Console.OpenStandardOutput();

        // The console's own stream swallows the error of a closed pipe, and a long generation would run on for nobody.
        // A file, on the other hand, must not be written through FileStream: it would not move the offset shared with the shell.
        var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return pipe.CanSeek ? Console.OpenStandardOutput() : pipe;
    }
}
