using System.Text;

namespace Cria.LlamaRn;

/// <summary>Gathers an answer while it grows, because llama.rn's callbacks hear all of it each time.</summary>
internal sealed class TokenProgress
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _content = new();
    private readonly StringBuilder _reasoning = new();
    private readonly List<ToolCall> _calls = [];

    public TokenData Add(string piece)
    {
        TokenData data = LlamaConversions.ConvertProgressData(piece, _text.ToString());
        _text.Append(piece);
        return data;
    }

    public TokenData Add(ChatDelta delta)
    {
        _content.Append(delta.Content);
        _reasoning.Append(delta.Reasoning);
        if (delta.ToolCall is { } call) Add(call);
        return Add(delta.Reasoning + delta.Content + delta.ToolCall?.Arguments) with
        {
            Content = _content.ToString(),
            ReasoningContent = _reasoning.Length > 0 ? _reasoning.ToString() : null,
            ToolCalls = _calls.Count > 0 ? [.. _calls.Select(LlamaConversions.Call)] : null,
        };
    }

    private void Add(ToolCallDelta delta)
    {
        if (delta.Index == _calls.Count) _calls.Add(new ToolCall("", "", ""));
        ToolCall call = _calls[delta.Index];
        _calls[delta.Index] = new ToolCall(delta.Id ?? call.Id, delta.Name ?? call.Name, call.Arguments + delta.Arguments);
    }
}
