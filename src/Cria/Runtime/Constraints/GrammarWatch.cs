using System.Text;
using Cria.Text.Chats;

namespace Cria.Runtime;

/// <summary>
/// Watches a model's text for the place where a grammar begins: at a text that begins a tool call, or where the reasoning is over. Marks inside of
/// reasoning do not count.
/// </summary>
internal sealed class GrammarWatch
{
    private static readonly byte[] WhiteSpace = [.. " \t\r\n"u8];

    private readonly byte[][] _opens;
    private readonly byte[][] _closes;
    private readonly byte[][] _triggers;
    private readonly bool _beginsAfterReasoning;
    private readonly bool _opensAnywhere;
    private readonly bool _callsEndReasoning;
    private readonly int _longest;

    // What has come and may still be, or be part of, a mark.
    private readonly List<byte> _unread = [];
    private bool _isReasoning;
    private bool _isBlank = true;

    // How much of that belongs to the prompt, where it may begin a mark but is no part of the answer.
    private int _fromPrompt;

    private GrammarWatch(ReasoningNotation reasoning, IEnumerable<string> triggers, bool beginsAfterReasoning, bool isReasoning)
    {
        _opens = Bytes(reasoning.Open);
        _closes = Bytes(reasoning.Close);
        _triggers = Bytes(triggers);
        _beginsAfterReasoning = beginsAfterReasoning;
        _opensAnywhere = reasoning.OpensAnywhere;
        _callsEndReasoning = reasoning.EndsWithCall;
        _isReasoning = isReasoning;
        _longest = _opens.Concat(_closes).Concat(_triggers).Select(mark => mark.Length).DefaultIfEmpty(0).Max();
    }

    /// <summary>Whether the text may not end yet, because what the grammar asks for has not come.</summary>
    public bool MustGoOn => _beginsAfterReasoning;

    /// <summary>A watch for the first of these texts, with which the grammar's own text begins.</summary>
    /// <param name="triggers">The texts.</param>
    /// <param name="reasoning">How reasoning is marked.</param>
    /// <param name="isReasoning">Whether the prompt has begun the reasoning.</param>
    /// <param name="prompt">The end of the prompt, which may begin one of the texts.</param>
    public static GrammarWatch For(IEnumerable<string> triggers, ReasoningNotation reasoning, bool isReasoning, string prompt)
    {
        var watch = new GrammarWatch(reasoning, triggers, beginsAfterReasoning: false, isReasoning);
        if (isReasoning) return watch;
        watch.Append(Encoding.UTF8.GetBytes(prompt));
        watch._fromPrompt = watch._unread.Count;
        return watch;
    }

    /// <summary>A watch for the end of the reasoning that has begun, after which the grammar's text comes.</summary>
    public static GrammarWatch ForTheEndOf(ReasoningNotation reasoning) => new(reasoning, [], beginsAfterReasoning: true, isReasoning: true);

    /// <summary>Adds the bytes of a token.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => _unread.AddRange(bytes);

    /// <summary>Looks at what has come; returns the text from where the grammar begins, or null where it does not yet.</summary>
    public byte[]? Beginning()
    {
        while (true)
        {
            byte[] text = [.. _unread];
            (int at, byte[]? mark, bool isTrigger) = FirstMark(text);
            if (mark is null)
            {
                Skip(Math.Max(0, text.Length - _longest + 1), text);
                return null;
            }

            if (isTrigger) return text[at..];
            Skip(at + mark.Length, text);
            _isReasoning = !_isReasoning;
            // The mark's token may go on with the line ends that set the answer apart: they are no part of what the grammar is for.
            if (!_isReasoning && _beginsAfterReasoning) return [.. _unread.SkipWhile(value => WhiteSpace.Contains(value))];
        }
    }

    private (int At, byte[]? Mark, bool IsTrigger) FirstMark(ReadOnlySpan<byte> text)
    {
        (int At, byte[]? Mark, bool IsTrigger) first = (int.MaxValue, null, false);
        if (_isReasoning)
        {
            Look(_closes, false, text, ref first);
            if (_callsEndReasoning) Look(_triggers, true, text, ref first);
        }
        else
        {
            Look(_triggers, true, text, ref first);
            Look(_opens, false, text, ref first);
            if (first is { Mark: not null, IsTrigger: false } && !_opensAnywhere && !IsBlankUpTo(first.At, text))
            {
                first = (int.MaxValue, null, false);
                Look(_triggers, true, text, ref first);
            }
        }

        return first;
    }

    // Of marks that begin at one place the longest counts.
    private static void Look(byte[][] marks, bool areTriggers, ReadOnlySpan<byte> text, ref (int At, byte[]? Mark, bool IsTrigger) first)
    {
        foreach (byte[] mark in marks)
        {
            int at = text.IndexOf(mark);
            if (at >= 0 && (at < first.At || (at == first.At && mark.Length > first.Mark!.Length))) first = (at, mark, areTriggers);
        }
    }

    private void Skip(int count, ReadOnlySpan<byte> text)
    {
        _isBlank = IsBlankUpTo(count, text);
        _fromPrompt = Math.Max(0, _fromPrompt - count);
        _unread.RemoveRange(0, count);
    }

    private bool IsBlankUpTo(int end, ReadOnlySpan<byte> text) =>
        _isBlank && (end <= _fromPrompt || !text[_fromPrompt..end].ContainsAnyExcept(WhiteSpace));

    private static byte[][] Bytes(IEnumerable<string> texts) => [.. texts.Where(text => text.Length > 0).Distinct().Select(Encoding.UTF8.GetBytes)];
}
