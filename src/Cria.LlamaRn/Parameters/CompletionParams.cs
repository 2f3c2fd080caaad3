using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cria.LlamaRn;

/// <summary>What is asked of a completion, in llama.rn's names; what is not given takes llama.rn's default.</summary>
public sealed record CompletionParams
{
    /// <summary>The text to continue, where there are no <see cref="Messages"/>.</summary>
    public string? Prompt { get; init; }

    /// <summary>The conversation to answer.</summary>
    [JsonConverter(typeof(MessagesConverter))]
    public IReadOnlyList<ChatMessage>? Messages { get; init; }

    /// <summary>A chat template for this request alone, in Jinja.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Whether the model's template is used as Jinja; it always is.</summary>
    public bool? Jinja { get; init; }

    /// <summary>The functions that the model may call.</summary>
    [JsonConverter(typeof(ToolsConverter))]
    public IReadOnlyList<ChatTool>? Tools { get; init; }

    /// <summary>Whether the model may, must or may not call them: <c>auto</c>, <c>none</c>, <c>required</c> or the name of one.</summary>
    [JsonConverter(typeof(ToolChoiceConverter))]
    public ToolChoice? ToolChoice { get; init; }

    /// <summary>Whether the model may call several at once; false by default.</summary>
    public bool? ParallelToolCalls { get; init; }

    /// <summary>The form of the answer.</summary>
    public ResponseFormat? ResponseFormat { get; init; }

    /// <summary>The JSON schema of the answer, as text; <see cref="Grammar"/> goes before it.</summary>
    [JsonConverter(typeof(JsonTextConverter))]
    public string? JsonSchema { get; init; }

    /// <summary>The grammar of the answer in llama.cpp's notation.</summary>
    public string? Grammar { get; init; }

    /// <summary>Whether the grammar waits for a trigger, which is not supported; tools have triggers of their own.</summary>
    public bool? GrammarLazy { get; init; }

    /// <summary>Whether the model may think before it answers; true by default.</summary>
    public bool? EnableThinking { get; init; }

    /// <summary>Whether thoughts are told apart from the answer: <c>none</c> (the default) leaves them in it, <c>auto</c> and <c>deepseek</c> do.</summary>
    public string? ReasoningFormat { get; init; }

    /// <summary>Whether the prompt ends where the assistant's answer begins; true by default.</summary>
    public bool? AddGenerationPrompt { get; init; }

    /// <summary>Further variables for the chat template.</summary>
    public Dictionary<string, JsonElement>? ChatTemplateKwargs { get; init; }

    /// <summary>Whether the callback is called; it is where there is one, unless this is false.</summary>
    public bool? Stream { get; init; }

    /// <summary>The most tokens to generate; -1, the default, sets no limit.</summary>
    public int? NPredict { get; init; }

    /// <summary>Texts that end the generation and are not part of it.</summary>
    public IReadOnlyList<string>? Stop { get; init; }

    /// <summary>How many of the likeliest tokens the result lists at each step.</summary>
    public int? NProbs { get; init; }

    /// <summary>How random the choice of tokens is; 0 and below always take the likeliest, 0.8 is the default.</summary>
    public float? Temperature { get; init; }

    /// <summary>Keeps only this many of the likeliest tokens; 40 by default.</summary>
    public int? TopK { get; init; }

    /// <summary>Keeps the likeliest tokens that together have this probability; 0.95 by default.</summary>
    public float? TopP { get; init; }

    /// <summary>Drops tokens less likely than this part of the likeliest one's probability; 0.05 by default.</summary>
    public float? MinP { get; init; }

    /// <summary>Keeps the tokens nearest to the expected surprise; 1, the default, keeps all.</summary>
    public float? TypicalP { get; init; }

    /// <summary>Drops tokens more than this many standard deviations below the best; -1, the default, drops none.</summary>
    public float? TopNSigma { get; init; }

    /// <summary>How often the likeliest tokens are left out; never by default.</summary>
    public float? XtcProbability { get; init; }

    /// <summary>The probability from which a token counts as too predictable; 0.1 by default.</summary>
    public float? XtcThreshold { get; init; }

    /// <summary>How many of the last tokens the penalties look at; 64 by default.</summary>
    public int? PenaltyLastN { get; init; }

    /// <summary>Divides the logits of repeated tokens; 1, the default, changes nothing.</summary>
    public float? PenaltyRepeat { get; init; }

    /// <summary>Lowers the logit of a token for each time it occurred.</summary>
    public float? PenaltyFreq { get; init; }

    /// <summary>Lowers the logit of a token that occurred at all.</summary>
    public float? PenaltyPresent { get; init; }

    /// <summary>0, the default, is off; else the version of mirostat, 1 or 2.</summary>
    public int? Mirostat { get; init; }

    /// <summary>The surprise, in bits, that mirostat aims at; 5 by default.</summary>
    public float? MirostatTau { get; init; }

    /// <summary>How fast mirostat corrects itself; 0.1 by default.</summary>
    public float? MirostatEta { get; init; }

    /// <summary>The strength of the DRY penalty; 0, the default, switches it off.</summary>
    public float? DryMultiplier { get; init; }

    /// <summary>How fast the DRY penalty grows with the repetition; 1.75 by default.</summary>
    public float? DryBase { get; init; }

    /// <summary>The longest repetition that DRY leaves alone; 2 by default.</summary>
    public int? DryAllowedLength { get; init; }

    /// <summary>How many of the last tokens DRY searches; -1, the default, takes the whole context.</summary>
    public int? DryPenaltyLastN { get; init; }

    /// <summary>Texts across which DRY sees no repetition.</summary>
    public IReadOnlyList<string>? DrySequenceBreakers { get; init; }

    /// <summary>Forbids the tokens that end a text.</summary>
    public bool? IgnoreEos { get; init; }

    /// <summary>What is added to the logits of tokens; in JSON pairs such as <c>[15043, -1.5]</c>, <c>["Hello", 2]</c> and <c>[15043, false]</c>.</summary>
    public IReadOnlyList<LogitBias>? LogitBias { get; init; }

    /// <summary>Starts the random numbers; -1, the default, takes another seed each time.</summary>
    public long? Seed { get; init; }

    /// <summary>Of requests on <see cref="LlamaContext.Parallel"/>: a session that is loaded first.</summary>
    public string? LoadStatePath { get; init; }

    /// <summary>Of requests on <see cref="LlamaContext.Parallel"/>: where the session is saved afterwards.</summary>
    public string? SaveStatePath { get; init; }

    /// <summary>Reads parameters as llama.rn's JavaScript callers write them; fields that are not known are left aside.</summary>
    /// <exception cref="LlamaException">The text is no JSON object, or a field has the wrong type.</exception>
    public static CompletionParams FromJson(string json) => LlamaJson.Read(json, LlamaJson.Snake.CompletionParams);
}

/// <summary>The form of an answer, as OpenAI's interface says it.</summary>
public sealed record ResponseFormat
{
    /// <summary><c>text</c>, <c>json_object</c> or <c>json_schema</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The schema of <c>json_schema</c>.</summary>
    public ResponseSchema? JsonSchema { get; init; }

    /// <summary>The schema of <c>json_object</c>; without one, any JSON will do.</summary>
    public JsonElement? Schema { get; init; }
}

/// <summary>The schema of an answer.</summary>
public sealed record ResponseSchema
{
    /// <summary>Whether it is to be followed to the letter, which it always is.</summary>
    public bool? Strict { get; init; }

    /// <summary>The JSON schema.</summary>
    public JsonElement? Schema { get; init; }
}

/// <summary>What is added to the logit of a token, or of each token of a text.</summary>
/// <param name="Token">The token, unless a text is meant.</param>
/// <param name="Text">The text, unless a token is meant.</param>
/// <param name="Bias">What is added; negative infinity forbids.</param>
[JsonConverter(typeof(LogitBiasConverter))]
public sealed record LogitBias(int? Token, string? Text, float Bias);

/// <summary>How a text is turned into a vector.</summary>
/// <param name="EmbdNormalize">What the vector is divided by, in place of the context's <see cref="ContextParams.EmbdNormalize"/>.</param>
public sealed record EmbeddingParams(int? EmbdNormalize = null)
{
    /// <summary>Reads parameters as llama.rn's JavaScript callers write them; fields that are not known are left aside.</summary>
    /// <exception cref="LlamaException">The text is no JSON object, or a field has the wrong type.</exception>
    public static EmbeddingParams FromJson(string json) => LlamaJson.Read(json, LlamaJson.Snake.EmbeddingParams);
}
