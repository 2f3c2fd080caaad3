namespace Cria.LlamaRn;

/// <summary>A request on <see cref="LlamaContext.Parallel"/>.</summary>
public sealed class ParallelRequest<T>
{
    private readonly Action _stop;

    internal ParallelRequest(int requestId, Task<T> promise, Action stop) => (RequestId, Promise, _stop) = (requestId, promise, stop);

    /// <summary>The number of the request on its context.</summary>
    public int RequestId { get; }

    /// <summary>The result, once there is one.</summary>
    public Task<T> Promise { get; }

    /// <summary>Stops the request: a completion ends with the text that it has, others are cancelled.</summary>
    public void Stop() => _stop();
}

/// <summary>How parallel mode works.</summary>
/// <param name="NParallel">How many requests advance together.</param>
/// <param name="NBatch">The tokens in a step; the context's own is used in any case.</param>
public sealed record ParallelParams(int? NParallel = null, int? NBatch = null)
{
    /// <summary>Reads parameters as llama.rn's JavaScript callers write them; fields that are not known are left aside.</summary>
    /// <exception cref="LlamaException">The text is no JSON object, or a field has the wrong type.</exception>
    public static ParallelParams FromJson(string json) => LlamaJson.Read(json, LlamaJson.Snake.ParallelParams);
}

/// <summary>What runs and what waits on a context.</summary>
/// <param name="NParallel">How many requests may advance together.</param>
/// <param name="ActiveSlots">How many do.</param>
/// <param name="QueuedRequests">How many wait.</param>
/// <param name="Requests">Each of them.</param>
public sealed record ParallelStatus(int NParallel, int ActiveSlots, int QueuedRequests, IReadOnlyList<ParallelRequestStatus> Requests)
{
    /// <summary>The status as llama.rn's JavaScript callers read it.</summary>
    public string ToJson() => LlamaJson.Write(this, LlamaJson.Snake.ParallelStatus);
}

/// <summary>How far a request is.</summary>
/// <param name="RequestId">The number of the request.</param>
/// <param name="Type"><c>completion</c>, <c>embedding</c> or <c>rerank</c>.</param>
/// <param name="State"><c>queued</c>, <c>processing_prompt</c>, <c>generating</c> or <c>done</c>.</param>
/// <param name="PromptLength">The tokens of the prompt; known at the end.</param>
/// <param name="TokensGenerated">The pieces of text so far; at the end the tokens.</param>
/// <param name="PromptMs">The time that the prompt took or has taken so far.</param>
/// <param name="GenerationMs">The time since the first piece.</param>
/// <param name="TokensPerSecond">How many per second that is.</param>
public sealed record ParallelRequestStatus(
    int RequestId, string Type, string State, int PromptLength, int TokensGenerated, double PromptMs, double GenerationMs, double TokensPerSecond);
