using System.Text.Json;
using Cria.Text.Templates;

namespace Cria.Text.Chats;

/// <summary>The shapes of messages that single families of templates read instead of the common one.</summary>
internal static class FamilyMessages
{
    /// <summary>Mistral's reasoning models take reasoning as a part of the content, before the text.</summary>
    public static void PutReasoningIntoContentParts(List<MapValue> messages)
    {
        foreach (MapValue message in messages.Where(message => RoleOf(message) is "system" or "assistant"))
        {
            var parts = new List<TemplateValue>();
            if (message.TryGet("reasoning_content", out TemplateValue? reasoning))
            {
                parts.Add(TemplateValues.Map(("type", "thinking"), ("thinking", reasoning)));
                message.Remove("reasoning_content");
            }
            TemplateValue content = message.Get("content");
            if (content is ListValue blocks) parts.AddRange(blocks.Items);
            else parts.Add(TemplateValues.Map(("type", "text"), ("text", content)));
            message.Set("content", new ListValue(parts));
        }
    }

    /// <summary>LFM2 calls reasoning "thinking".</summary>
    public static void RenameReasoning(List<MapValue> messages)
    {
        foreach (MapValue message in messages)
        {
            if (message.TryGet("reasoning_content", out TemplateValue? reasoning)) message.Set("thinking", reasoning);
        }
    }

    /// <summary>gpt-oss does too, and refuses content beside reasoning and calls.</summary>
    public static void RenameReasoningAndDropContentBesideCalls(List<MapValue> messages)
    {
        RenameReasoning(messages);
        foreach (MapValue message in messages)
        {
            if (message.Get("thinking").IsTrue && CallsOf(message).Count > 0) message.Remove("content");
        }
    }

    /// <summary>DeepSeek V4 puts the results of tools in the order of the calls, not in that of their arrival.</summary>
    public static void SortResultsByCall(List<MapValue> messages)
    {
        var order = new Dictionary<string, int>();
        for (int i = 0; i < messages.Count; i++)
        {
            if (CallsOf(messages[i]) is { Count: > 0 } calls && RoleOf(messages[i]) == "assistant")
            {
                order.Clear();
                for (int call = 0; call < calls.Count; call++)
                {
                    if (TextOf(calls[call].Get("id")) is { Length: > 0 } id) order[id] = call;
                }
                continue;
            }

            // A run of users' and tools' messages becomes one block of the prompt.
            int start = i;
            while (i < messages.Count && RoleOf(messages[i]) is "user" or "tool") i++;
            int[] places = [.. Enumerable.Range(start, i - start).Where(place => RoleOf(messages[place]) == "tool")];
            MapValue[] sorted = [.. places.Select(place => messages[place])
                .OrderBy(result => order.GetValueOrDefault(TextOf(result.Get("tool_call_id"))))];
            for (int k = 0; k < places.Length; k++) messages[places[k]] = sorted[k];
            if (i > start) i--;
        }
    }

    /// <summary>The first templates of Gemma 4 want calls, their results and the answer after them as one message of the model.</summary>
    public static void JoinCallsAndResults(List<MapValue> messages)
    {
        var joined = new List<MapValue>();
        for (int i = 0; i < messages.Count; i++)
        {
            MapValue message = messages[i];
            IReadOnlyList<MapValue> calls = CallsOf(message);
            if (calls.Count == 0 || RoleOf(message) != "assistant")
            {
                joined.Add(message);
                continue;
            }

            var results = new List<MapValue>();
            while (i + 1 < messages.Count && RoleOf(messages[i + 1]) == "tool") results.Add(messages[++i]);
            MapValue turn = TemplateValues.Map(("role", "assistant"), ("tool_calls", message.Get("tool_calls")));
            if (results.Count > 0) turn.Set("tool_responses", new ListValue(results.Select((result, at) => Response(result, at, calls))));
            if (i + 1 < messages.Count && RoleOf(messages[i + 1]) == "assistant" && CallsOf(messages[i + 1]).Count == 0
                && messages[i + 1].Get("content") is { IsTrue: true } content)
            {
                turn.Set("content", content);
                i++;
            }
            if (message.TryGet("reasoning_content", out TemplateValue? reasoning)) turn.Set("reasoning_content", reasoning);
            joined.Add(turn);
        }
        messages.Clear();
        messages.AddRange(joined);
    }

    private static MapValue Response(MapValue result, int at, IReadOnlyList<MapValue> calls)
    {
        TemplateValue name = at < calls.Count && calls[at].Get("function") is MapValue function ? function.Get("name") : "";
        if (!name.IsTrue) name = result.TryGet("tool_call_id", out TemplateValue? id) ? id : "";
        TemplateValue content = result.Get("content");
        return TemplateValues.Map(("name", name), ("response", content is StringValue text ? JsonOrText(text) : content));
    }

    private static TemplateValue JsonOrText(StringValue text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text.Text);
            return TemplateValue.FromJson(document.RootElement, isInput: true);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return text;
        }
    }

    private static string RoleOf(MapValue message) => TextOf(message.Get("role"));

    private static string TextOf(TemplateValue value) => (value as StringValue)?.Text ?? "";

    private static IReadOnlyList<MapValue> CallsOf(MapValue message) =>
        message.Get("tool_calls") is ListValue calls ? [.. calls.Items.OfType<MapValue>()] : [];
}
