using Cria.Testing;
using LlamaCpp;

namespace Cria.Conformance;

/// <summary>
/// llama.cpp for the tests of a class: take it as an <see cref="IClassFixture{TFixture}"/> and read <see cref="Process"/>,
/// <see cref="Chat"/> or <see cref="Validator"/> in a <c>[SkippableFact]</c>, which skips with the reason where it cannot be had.
/// </summary>
public sealed class Oracle : IDisposable
{
    private LlamaCppProcess? _process;
    private ChatOracle? _chat;
    private AjvValidator? _validator;

    /// <summary>A running llama.cpp, started on first use and again after a crash.</summary>
    public LlamaCppProcess Process
    {
        get
        {
            if (_process is { IsAlive: true }) return _process;
            _process?.Dispose();
            _process = null;
            return _process = Start();
        }
    }

    /// <summary>llama.cpp's chat templates and grammars, started on first use.</summary>
    public ChatOracle Chat => _chat ??= Available(() => ChatOracle.Start());

    /// <summary>A validator of JSON schemas, which is not llama.cpp's, started on first use.</summary>
    public AjvValidator Validator => _validator ??= Available(() => AjvValidator.Start());

    /// <summary>Starts a llama.cpp of the caller's own, with a processor backend of choice.</summary>
    public static LlamaCppProcess Start(string? backend = null) => Available(() => LlamaCppProcess.Start(backend));

    /// <summary>The files of a folder of llama.cpp's source, in order: <c>models/templates</c>, <c>grammars</c>.</summary>
    public static IReadOnlyList<string> SourceFiles(string folder, string pattern)
    {
        string[] files = Directory.GetFiles(Path.Combine(Available(LlamaCppSource.Folder), folder), pattern);
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    public void Dispose()
    {
        _process?.Dispose();
        _chat?.Dispose();
        _validator?.Dispose();
    }

    private static T Available<T>(Func<T> start)
    {
        try
        {
            return start();
        }
        catch (LlamaCppUnavailableException e)
        {
            Require.That(false, e.Message);
            throw;
        }
    }
}
