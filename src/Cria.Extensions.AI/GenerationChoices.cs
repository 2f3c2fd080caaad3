using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Cria.Extensions.AI;

/// <summary>Says in the engine's words how an answer is chosen.</summary>
internal static class GenerationChoices
{
    // What ChatOptions has no member for, under the names that llama.cpp's server knows.
    private static readonly Dictionary<string, Func<GenerationOptions, object, GenerationOptions>> s_additional = new()
    {
        ["min_p"] = (options, value) => options with { MinP = (float)Number("min_p", value) },
        ["typical_p"] = (options, value) => options with { TypicalP = (float)Number("typical_p", value) },
        ["top_n_sigma"] = (options, value) => options with { TopNSigma = (float)Number("top_n_sigma", value) },
        ["repeat_penalty"] = (options, value) => options with { RepeatPenalty = (float)Number("repeat_penalty", value) },
        ["repeat_last_n"] = (options, value) => options with { RepeatLastN = (int)Number("repeat_last_n", value) },
        ["dry_multiplier"] = (options, value) => options with { DryMultiplier = (float)Number("dry_multiplier", value) },
        ["mirostat"] = (options, value) => options with { Mirostat = (int)Number("mirostat", value) },
        ["grammar"] = (options, value) => options with { Grammar = Grammar.FromGbnf(Text(value)) },
        ["timeout"] = (options, value) => options with { Timeout = TimeSpan.FromSeconds(Number("timeout", value)) },
        ["priority"] = (options, value) => options with
        {
            Priority = Enum.TryParse(Text(value), ignoreCase: true, out RequestPriority priority)
                ? priority
                : throw new InvalidOptionException("priority", value, "low, normal or high"),
        },
    };

    /// <summary>Begins with the options that <see cref="ChatOptions.RawRepresentationFactory"/> makes, and puts on them what is set.</summary>
    public static GenerationOptions From(ChatOptions? options, IChatClient client)
    {
        if (options is null) return new GenerationOptions();
        GenerationOptions start = options.RawRepresentationFactory?.Invoke(client) as GenerationOptions ?? new GenerationOptions();
        GenerationOptions result = start with
        {
            MaxTokens = options.MaxOutputTokens ?? start.MaxTokens,
            Temperature = options.Temperature ?? start.Temperature,
            TopP = options.TopP ?? start.TopP,
            TopK = options.TopK ?? start.TopK,
            Seed = options.Seed ?? start.Seed,
            FrequencyPenalty = options.FrequencyPenalty ?? start.FrequencyPenalty,
            PresencePenalty = options.PresencePenalty ?? start.PresencePenalty,
            StopSequences = options.StopSequences is { } stops ? [.. start.StopSequences, .. stops] : start.StopSequences,
            Grammar = options.ResponseFormat is ChatResponseFormatJson { Schema: null } ? Grammar.Json : start.Grammar,
        };
        foreach ((string name, object? value) in options.AdditionalProperties ?? [])
        {
            if (value is not null && s_additional.TryGetValue(name, out var apply)) result = apply(result, value);
        }

        return result;
    }

    private static double Number(string name, object value)
    {
        try
        {
            return value is JsonElement json ? json.GetDouble() : Convert.ToDouble(value, CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is FormatException or InvalidCastException or InvalidOperationException or OverflowException)
        {
            throw new InvalidOptionException(name, value, "a number");
        }
    }

    private static string Text(object value) => value is JsonElement { ValueKind: JsonValueKind.String } json ? json.GetString()! : value.ToString()!;
}
