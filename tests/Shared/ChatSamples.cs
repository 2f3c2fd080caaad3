namespace Cria.Testing;

/// <summary>What models say when they think and call tools, each family in its own notation, and what is meant by it.</summary>
/// <param name="Template">The published template of the family, as llama.cpp's source tree names it.</param>
/// <param name="Says">What is telling in that template.</param>
/// <param name="Prompt">The end of the prompt, with which the template begins the answer.</param>
/// <param name="Samples">A call, several calls, or whatever else the family writes.</param>
public sealed record ChatSampleFamily(string Template, string Says, string Prompt, params ChatSample[] Samples)
{
    public override string ToString() => Template;
}

/// <summary>An answer and its meaning.</summary>
/// <param name="Text">What the model says.</param>
/// <param name="Calls">The calls in it, as the names and arguments of <see cref="ChatSamples"/>' tools.</param>
public sealed record ChatSample(string Text, params string[] Calls)
{
    public string Content { get; init; } = "";

    public string Reasoning { get; init; } = "";

    /// <summary>Why llama.cpp reads it in another way, if it does.</summary>
    public string Ours { get; init; } = "";

    /// <summary>Where the calls begin, if there are any: what comes before is not theirs.</summary>
    public string From { get; init; } = "";
}

/// <summary>Answers of many families.</summary>
public static partial class ChatSamples
{
    /// <summary>The tools that the answers call, as OpenAI's interface has them.</summary>
    public const string Tools = """
        [
          {"type": "function", "function": {"name": "get_weather", "description": "Tells the weather.", "parameters": {"type": "object",
            "properties": {"city": {"type": "string", "description": "Where."}, "days": {"type": "integer", "description": "How long."}}, "required": ["city"]}}},
          {"type": "function", "function": {"name": "set_light", "description": "Switches a light.", "parameters": {"type": "object",
            "properties": {"room": {"type": "string", "description": "Which."}, "on": {"type": "boolean", "description": "On or off."}}, "required": ["room", "on"]}}},
          {"type": "function", "function": {"name": "run_code", "description": "Runs code.", "parameters": {"type": "object",
            "properties": {"code": {"type": "string", "description": "What."}}, "required": ["code"]}}},
          {"type": "function", "function": {"name": "plan", "description": "Plans.", "parameters": {"type": "object",
            "properties": {"steps": {"type": "array", "items": {"type": "string"}, "description": "The steps."},
              "options": {"type": "object", "properties": {"fast": {"type": "boolean"}}, "description": "More."}}, "required": ["steps"]}}},
          {"type": "function", "function": {"name": "ping", "description": "Answers.", "parameters": {"type": "object", "properties": {}}}}
        ]
        """;

    private const string Rome = """get_weather {"city": "Rome"}""";
    private const string RomeFor3 = """get_weather {"city": "Rome", "days": 3}""";
    private const string LightOn = """set_light {"room": "hall", "on": true}""";
    private const string Code = """run_code {"code": "def f(x):\n    return \"<\" + x\n"}""";
    private const string Plan = """plan {"steps": ["a", "b \"c\""], "options": {"fast": false}}""";
    private const string Ping = "ping {}";

    public static IReadOnlyList<ChatSampleFamily> Families { get; } = [.. JsonFamilies, .. NamedFamilies, .. TaggedFamilies, .. ChannelFamilies];

    /// <summary>An answer without calls.</summary>
    private static ChatSample Plain(string text) => new(text) { Content = text };
}
