using System.Diagnostics;

namespace Cria.Runtime.Drafts;

/// <summary>
/// Lets another model guess. Where that cannot, because it is busy with other requests, short of memory or disposed meanwhile, there
/// are no guesses, and the text comes without.
/// </summary>
internal sealed class ModelDrafter : IDrafter
{
    // A draft model whose context is smaller would do nothing but read again what it forgot.
    private const int SmallestContext = 8 * Drafting.Most;

    private readonly DraftExchange _exchange;
    private readonly DraftRun _run;
    private readonly bool _isPatient;
    private int _asked;
    private long _askedAt;

    private ModelDrafter(DraftExchange exchange, DraftRun run, bool isPatient)
    {
        _isPatient = isPatient;
        _exchange = exchange;
        _run = run;
    }

    public bool IsFree => false;

    public double SecondsPerToken { get; private set; }

    /// <summary>Lets a model read the prompt, to guess from then on; null where it takes no requests. Who is patient waits
    /// for the model to be ready, where others go on without guesses.</summary>
    public static ModelDrafter? TryStart(Engine draft, int[] prompt, int vocabularySize, RequestPriority priority, bool isPatient)
    {
        if (draft.Predictor.ContextLength < SmallestContext) return null;
        var exchange = new DraftExchange(prompt);
        var run = new DraftRun(draft.Predictor, exchange, prompt.Length, vocabularySize) { Priority = priority };
        try
        {
            draft.Scheduler.Start(run);
            return new ModelDrafter(exchange, run, isPatient);
        }
        catch (Exception exception) when (exception is QueueFullException or ObjectDisposedException)
        {
            run.End();
            return null;
        }
    }

    public void Accept(int token) => _exchange.Add(token);

    public Signal? Ask(int count)
    {
        if (!_exchange.Ask(count, _isPatient)) return null;
        _asked = count;
        _askedAt = Stopwatch.GetTimestamp();
        return _exchange.Answer;
    }

    public int Guess(Span<int> draft, out int evidence)
    {
        evidence = 0;
        if (_asked == 0) return 0;
        double seconds = Stopwatch.GetElapsedTime(_askedAt).TotalSeconds / _asked;
        SecondsPerToken = SecondsPerToken == 0 ? seconds : SecondsPerToken + (seconds - SecondsPerToken) / 8;
        _asked = 0;
        return _exchange.Take(draft);
    }

    public void Dispose() => _run.Cancel();
}
