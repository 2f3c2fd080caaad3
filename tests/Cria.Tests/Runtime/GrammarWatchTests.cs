using System.Text;
using Cria.Runtime;
using Cria.Text.Chats;

namespace Cria.Tests.Runtime;

public class GrammarWatchTests
{
    private static readonly ReasoningNotation s_think = new("<think>", "</think>");

    [Theory]
    [InlineData("hm</think>\n\n", "")]
    [InlineData("hm</think>\n\n{", "{")]
    [InlineData("hm</think>", "")]
    [InlineData("hm</thin", null)]
    public void An_answer_begins_behind_the_reasoning_and_the_white_space_after_it(string said, string? beginning)
    {
        Assert.Equal(beginning, Watch(GrammarWatch.ForTheEndOf(s_think), said));
    }

    [Theory]
    [InlineData("Wait.<|calls|>[", "<|calls|>[")]
    [InlineData("<think><|calls|></think>no", null)]
    [InlineData("<think><|calls|></think>yes<|calls|>", "<|calls|>")]
    [InlineData("I say <think>, then<|calls|>", "<|calls|>")]
    public void A_call_begins_with_its_mark_outside_of_reasoning(string said, string? beginning)
    {
        Assert.Equal(beginning, Watch(GrammarWatch.For(["<|calls|>"], s_think, isReasoning: false, prompt: "assistant\n"), said));
    }

    [Fact]
    public void A_prompt_may_have_begun_the_mark()
    {
        Assert.Equal("<|calls|>", Watch(GrammarWatch.For(["<|calls|>"], s_think, isReasoning: false, prompt: "assistant<|ca"), "lls|>"));
    }

    /// <summary>The text from where the grammar begins, once all has been said.</summary>
    private static string? Watch(GrammarWatch watch, string said)
    {
        watch.Append(Encoding.UTF8.GetBytes(said));
        return watch.Beginning() is { } text ? Encoding.UTF8.GetString(text) : null;
    }
}
