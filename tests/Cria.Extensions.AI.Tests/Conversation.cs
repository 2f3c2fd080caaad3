using System.Text;
using Cria.Tests.Runtime;

namespace Cria.Extensions.AI.Tests;

/// <summary>Models that say what a test tells them to, one text after the other.</summary>
internal static class Conversation
{
    // ChatML with tools in Hermes' notation and reasoning in tags.
    private const string Template =
        """
        {%- if tools %}<|im_start|>system
        {% for tool in tools %}{{ tool | tojson }}
        {% endfor %}Answer with <tool_call>{"name": ..., "arguments": ...}</tool_call>, think in <think></think>.<|im_end|>
        {% endif -%}
        {%- for message in messages %}<|im_start|>{{ message.role }}
        {% for call in message.tool_calls %}<tool_call>{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}</tool_call>
        {% endfor %}{{ message.content }}<|im_end|>
        {% endfor -%}
        {%- if add_generation_prompt %}<|im_start|>assistant
        {% endif -%}
        """;

    /// <summary>A model that says the texts in turn, and notes the prompts.</summary>
    public static LlamaModel Saying(this TinyModelFile file, List<int[]> prompts, params string[] texts)
    {
        int turn = -1;
        int[] answer = [];
        return file.With(new ScriptedPredictor
        {
            MaxBatch = 2000,
            ContextLength = 2000,
            Next = soFar =>
            {
                if (turn < 0 || !Continues(soFar, prompts[turn], answer))
                {
                    prompts.Add([.. soFar]);
                    answer = [.. Encoding.UTF8.GetBytes(texts[Math.Min(++turn, texts.Length - 1)]).Select(TinyModelFile.ByteToken)];
                }

                int said = soFar.Count - prompts[turn].Length;
                return said < answer.Length ? answer[said] : TinyModelFile.EndToken;
            },
        }, Template);
    }

    // A longer prompt begins like the shorter one, but spells the answer otherwise. Guesses of the engine may go beyond the answer's end.
    private static bool Continues(IReadOnlyList<int> text, int[] prompt, int[] answer) =>
        BeginsWith(text, prompt) && (text.Count <= prompt.Length + answer.Length || BeginsWith(text, [.. prompt, .. answer]));

    private static bool BeginsWith(IReadOnlyList<int> text, int[] beginning)
    {
        if (text.Count < beginning.Length) return false;
        for (int i = 0; i < beginning.Length; i++)
            if (text[i] != beginning[i]) return false;
        return true;
    }
}
