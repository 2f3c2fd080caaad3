using Cria.Testing;
using LlamaCpp;

namespace Cria.Conformance;

/// <summary>
/// llama.cpp for the tests of a class: take it as an <see cref="IClassFixture{TFixture}"/> and read <see cref="Process"/>
/// in a <c>[SkippableFact]</c>, which skips with the reason where llama.cpp cannot be had.
/// </summary>
public sealed class Oracle : IDisposable
{
    private LlamaCppProcess? _process;

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

    /// <summary>Starts a llama.cpp of the caller's own, with a processor backend of choice.</summary>
    public static LlamaCppProcess Start(string? backend = null)
    {
        string? reason = LlamaCppInstall.WhyUnavailable();
        Require.That(reason is null, reason ?? "");
        return LlamaCppProcess.Start(backend);
    }

    public void Dispose() => _process?.Dispose();
}
