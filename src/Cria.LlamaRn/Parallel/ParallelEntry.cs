using System.Diagnostics;

namespace Cria.LlamaRn;

/// <summary>A request of parallel mode, as its status tells of it.</summary>
internal sealed class ParallelEntry(int id, string type, Action stop)
{
    public const string Queued = "queued", ProcessingPrompt = "processing_prompt", Generating = "generating", Done = "done";

    private readonly Lock _lock = new();
    private string _state = Queued;
    private long _begun, _first, _ended;
    private int _promptLength, _generated;

    public int Id => id;

    public ParallelRequestStatus Status
    {
        get
        {
            lock (_lock)
            {
                long now = _ended != 0 ? _ended : Stopwatch.GetTimestamp();
                double prompt = _begun == 0 ? 0 : Stopwatch.GetElapsedTime(_begun, _first != 0 ? _first : now).TotalMilliseconds;
                double generation = _first == 0 ? 0 : Stopwatch.GetElapsedTime(_first, now).TotalMilliseconds;
                double speed = generation > 0 ? _generated * 1000 / generation : 0;
                return new ParallelRequestStatus(id, type, _state, _promptLength, _generated, prompt, generation, speed);
            }
        }
    }

    public void Stop() => stop();

    public void Begun()
    {
        lock (_lock) (_state, _begun) = (ProcessingPrompt, Stopwatch.GetTimestamp());
    }

    public void Generated()
    {
        lock (_lock)
        {
            if (_first == 0) (_state, _first) = (Generating, Stopwatch.GetTimestamp());
            _generated++;
        }
    }

    public void Read(CompletionResult result)
    {
        lock (_lock) (_promptLength, _generated) = (result.TokensEvaluated, result.TokensPredicted);
    }

    public void Ended()
    {
        lock (_lock) (_state, _ended) = (Done, Stopwatch.GetTimestamp());
    }
}
