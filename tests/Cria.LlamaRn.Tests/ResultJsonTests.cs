using System.Text.Json.Nodes;

namespace Cria.LlamaRn.Tests;

/// <summary>Results as JavaScript callers of llama.rn read them; the documents are llama.rn's, not our own output.</summary>
public sealed class ResultJsonTests
{
    [Fact]
    public void A_completion()
    {
        var generation = new GenerationResult
        {
            Text = "a b",
            Tokens = [4, 5],
            FinishReason = FinishReason.StopSequence,
            StoppingText = "END",
            Seed = 1,
            Usage = new TokenUsage(PromptTokens: 10, CompletionTokens: 3, CachedTokens: 6),
            Timings = new GenerationTimings(4, TimeSpan.FromMilliseconds(20), 3, TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(25)),
            Probabilities = [new TokenProbabilities(new TokenProbability(4, "a", 0.5f), [new TokenProbability(4, "a", 0.5f), new TokenProbability(9, "z", 0.25f)])],
        };
        Same(
            """
            {"text": "a b", "tokens": [4, 5], "tokens_predicted": 3, "tokens_evaluated": 10, "truncated": false, "context_full": false, "interrupted": false,
             "stopped_eos": false, "stopped_word": true, "stopped_limit": false, "stopping_word": "END", "tokens_cached": 12,
             "completion_probabilities": [{"content": "a", "probs": [{"tok_str": "a", "prob": 0.5}, {"tok_str": "z", "prob": 0.25}]}],
             "timings": {"cache_n": 6, "prompt_n": 4, "prompt_ms": 20, "prompt_per_token_ms": 5, "prompt_per_second": 200,
                         "predicted_n": 3, "predicted_ms": 30, "predicted_per_token_ms": 10, "predicted_per_second": 100}}
            """,
            LlamaConversions.ConvertCompletionResult(generation).ToJson());
    }

    [Fact]
    public void An_answer_in_a_conversation()
    {
        var message = new ChatMessage("assistant") { Content = "Élan", ReasoningContent = "Hm", ToolCalls = [new ToolCall("c1", "f", """{"x":1}"""), new ToolCall("", "g", "{}")] };
        CompletionResult result = LlamaConversions.ConvertCompletionResult(new ChatResult(message, FinishReason.ToolCalls, Generation(FinishReason.EndOfText)));
        JsonNode json = JsonNode.Parse(result.ToJson())!;
        Assert.Equal(("Élan", "Hm", true), ((string?)json["content"], (string?)json["reasoning_content"], (bool?)json["stopped_eos"]));
        Same(
            """
            [{"type": "function", "id": "c1", "function": {"name": "f", "arguments": "{\"x\":1}"}}, {"type": "function", "function": {"name": "g", "arguments": "{}"}}]
            """,
            json["tool_calls"]!.ToJsonString());
        Assert.Contains("Élan", result.ToJson());
    }

    [Theory]
    [InlineData(FinishReason.EndOfText, "stopped_eos")]
    [InlineData(FinishReason.ToolCalls, "stopped_eos")]
    [InlineData(FinishReason.StopSequence, "stopped_word")]
    [InlineData(FinishReason.Length, "stopped_limit")]
    [InlineData(FinishReason.ContextFull, "context_full")]
    [InlineData(FinishReason.Cancelled, "interrupted")]
    public void Each_end_has_its_flag(FinishReason reason, string flag)
    {
        JsonNode json = JsonNode.Parse(LlamaConversions.ConvertCompletionResult(Generation(reason)).ToJson())!;
        string[] flags = ["stopped_eos", "stopped_word", "stopped_limit", "context_full", "interrupted", "truncated"];
        Assert.Equal([flag], flags.Where(name => (bool)json[name]!));
    }

    [Fact]
    public void A_dropped_part_is_truncation() =>
        Assert.True(LlamaConversions.ConvertCompletionResult(Generation(FinishReason.Length) with { DroppedTokens = 3 }).Truncated);

    [Fact]
    public void A_token()
    {
        Same("""{"token": "b", "accumulated_text": "ab"}""", LlamaConversions.ConvertProgressData("b", "a").ToJson());
        Same(
            """
            {"token": "{}", "content": "c", "reasoning_content": "r", "accumulated_text": "{}", "requestId": 3,
             "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": "{}"}}]}
            """,
            new TokenData { Token = "{}", Content = "c", ReasoningContent = "r", AccumulatedText = "{}", RequestId = 3, ToolCalls = [new ToolCallResult(null, new ToolCallFunction("f", "{}"))] }.ToJson());
    }

    [Fact]
    public void Progress_in_a_conversation_tells_all_so_far()
    {
        var progress = new TokenProgress();
        progress.Add(new ChatDelta { Reasoning = "Hm" });
        progress.Add(new ChatDelta { Content = "A" });
        progress.Add(new ChatDelta { ToolCall = new ToolCallDelta(0, "c1", "f", "") });
        progress.Add(new ChatDelta { ToolCall = new ToolCallDelta(0, null, null, "{") });
        TokenData last = progress.Add(new ChatDelta { ToolCall = new ToolCallDelta(0, null, null, "}") });
        Assert.Equal(("}", "A", "Hm", "HmA{}"), (last.Token, last.Content, last.ReasoningContent, last.AccumulatedText));
        Assert.Equal(new ToolCallResult("c1", new ToolCallFunction("f", "{}")), Assert.Single(last.ToolCalls!));
    }

    [Fact]
    public void Tokens_vectors_ranks_sessions_and_prompts()
    {
        Same("""{"tokens": [1, 2], "has_media": false, "bitmap_hashes": [], "chunk_pos": [], "chunk_pos_media": []}""", new TokenizeResult([1, 2]).ToJson());
        Same("""{"embedding": [0.5, -1]}""", new EmbeddingResult([0.5f, -1]).ToJson());
        Same("""{"score": 0.5, "index": 1, "document": "d"}""", new RerankResult(0.5f, 1, "d").ToJson());
        Same("""{"tokens_loaded": 3, "prompt": "abc"}""", new SessionLoadResult(3, "abc").ToJson());
        Same("""{"type": "jinja", "prompt": "p", "has_media": false, "media_paths": []}""", new FormattedChatResult("jinja", "p").ToJson());
    }

    [Fact]
    public void A_benchmark() =>
        Same(
            """
            {"nKvMax": 1, "nBatch": 2, "nUBatch": 3, "flashAttn": 1, "isPpShared": 0, "nGpuLayers": 0, "nThreads": 4, "nThreadsBatch": 5, "pp": 6, "tg": 7, "pl": 8,
             "nKv": 9, "tPp": 10, "speedPp": 11, "tTg": 12, "speedTg": 13, "t": 14, "speed": 15}
            """,
            new BenchResult
            {
                NKvMax = 1,
                NBatch = 2,
                NUbatch = 3,
                NThreads = 4,
                NThreadsBatch = 5,
                Pp = 6,
                Tg = 7,
                Pl = 8,
                NKv = 9,
                TPp = 10,
                SpeedPp = 11,
                TTg = 12,
                SpeedTg = 13,
                T = 14,
                Speed = 15,
            }.ToJson());

    [Fact]
    public void The_status_of_parallel_requests() =>
        Same(
            """
            {"n_parallel": 2, "active_slots": 1, "queued_requests": 0, "requests": [{"request_id": 7, "type": "completion", "state": "generating",
             "prompt_length": 3, "tokens_generated": 4, "prompt_ms": 5, "generation_ms": 6, "tokens_per_second": 7.5}]}
            """,
            new ParallelStatus(2, 1, 0, [new ParallelRequestStatus(7, "completion", "generating", 3, 4, 5, 6, 7.5)]).ToJson());

    [Fact]
    public void A_response_behind_a_handle()
    {
        CompletionResult result = LlamaConversions.ConvertCompletionResult(Generation(FinishReason.Length));
        Same(
            """
            {"text": "t", "tokens": 4, "finishReason": "length", "timing": {"startTime": 1000, "endTime": 3000, "elapsedTime": 2000, "tokensPerSecond": 2},
             "usage": {"promptTokens": 10, "completionTokens": 4, "totalTokens": 14}}
            """,
            GenerateResponse.Of(result, DateTimeOffset.FromUnixTimeMilliseconds(1000), TimeSpan.FromSeconds(2)).ToJson());
    }

    [Fact]
    public void An_error() =>
        Same("""{"code": "invalid_input", "message": "m", "field": "f"}""", LlamaException.Invalid("f", "m").ToJson());

    private static GenerationResult Generation(FinishReason reason) => new()
    {
        Text = "t",
        Tokens = [1],
        FinishReason = reason,
        Seed = 1,
        Usage = new TokenUsage(10, 4),
        Timings = default,
    };

    private static void Same(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), actual);
}
