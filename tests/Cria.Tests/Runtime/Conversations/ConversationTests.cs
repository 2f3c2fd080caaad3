namespace Cria.Tests.Runtime;

/// <summary>What conversations keep, and how they go on, fork and change.</summary>
public sealed class ConversationTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    private static readonly GenerationOptions s_greedy = new() { Temperature = 0 };

    [Fact]
    public async Task Keeps_what_was_said_by_whom_and_when_and_how_long_it_is()
    {
        var talker = new Talker("Hello!");
        await using LlamaModel model = talker.On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        DateTimeOffset before = DateTimeOffset.UtcNow;
        ConversationId id = conversations.Create("Be kind.").Id;
        ConversationStream stream = conversations.Ask(id, "Hi", s_greedy);

        Assert.Equal("Hello!", await stream.TextAsync());
        Conversation conversation = conversations[id];
        Assert.Equal(["system", "user", "assistant"], conversation.Roles());
        Assert.Equal(["Be kind.", "Hi", "Hello!"], conversation.Texts());
        Assert.All(conversation.Messages, message => Assert.InRange(message.CreatedAt, before, DateTimeOffset.UtcNow));
        Assert.Equal((await model.TokenizeAsync("Hi")).Length, conversation.Messages[1].TokenCount);
        Assert.Equal(stream.Result!.Generation.Tokens.Count, conversation.Messages[2].TokenCount);
        Assert.Equal(conversation.Messages.Sum(message => message.TokenCount), conversation.TokenCount);
        Assert.Equal((FinishReason.EndOfText, false), (conversation.Messages[2].FinishReason, conversation.Messages[2].IsCutOff));
        Assert.InRange(conversation.UpdatedAt, conversation.CreatedAt, DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task The_model_is_shown_all_that_was_said()
    {
        var talker = new Talker("One.", "Two.");
        await using LlamaModel model = talker.On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create("Count.").Id;
        await conversations.Ask(id, "First?", s_greedy).TextAsync();
        await conversations.Ask(id, "Then?", s_greedy).TextAsync();

        Assert.Equal(
            "<|im_start|>system\nCount.<|im_end|>\n<|im_start|>user\nFirst?<|im_end|>\n<|im_start|>assistant\nOne.<|im_end|>\n"
            + "<|im_start|>user\nThen?<|im_end|>\n<|im_start|>assistant\n",
            await talker.PromptAsync(model, 1));
        Assert.Equal("Two.", conversations[id].Messages[^1].Text);
    }

    [Fact]
    public async Task An_answer_comes_to_its_end_though_nobody_reads_it()
    {
        await using LlamaModel model = new Talker("Unheard.").On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        await conversations.Ask(id, "Hi", s_greedy).Ended;
        Assert.Equal(["Hi", "Unheard."], conversations[id].Texts());
    }

    [Fact]
    public async Task A_title_is_the_first_question_unless_one_is_given()
    {
        await using LlamaModel model = new Talker("Yes.").On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create("Be kind.").Id;
        Assert.Equal("New conversation", conversations[id].Title);
        await conversations.Ask(id, "  Is it\n\n so? ", s_greedy).TextAsync();
        Assert.Equal("Is it so?", conversations[id].Title);
        conversations.Rename(id, "A talk");
        Assert.Equal("A talk", conversations[id].Title);
        conversations.Rename(id, null);
        Assert.Equal("Is it so?", conversations[id].Title);
    }

    [Fact]
    public void A_long_title_is_cut_between_words_and_never_through_a_character()
    {
        Assert.Equal("one two three four five six seven eight nine ten eleven…", Title("one two three four five six seven eight nine ten eleven twelve thirteen"));
        string family = string.Concat(Enumerable.Repeat("👩‍👩‍👧", 20));
        string title = Title(family);
        Assert.StartsWith("👩‍👩‍👧", title);
        Assert.Equal(0, (title.Length - 1) % "👩‍👩‍👧".Length);
        Assert.InRange(Title(new string('x', 1_000_000)).Length, 50, 61);

        static string Title(string question) =>
            new Conversation(ConversationId.New()) { Messages = [new ConversationMessage(ChatMessage.User(question), default)] }.Title;
    }

    [Fact]
    public async Task What_the_model_is_told_can_change_and_be_taken_back()
    {
        var talker = new Talker("One.", "Two.", "Three.");
        await using LlamaModel model = talker.On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        await conversations.Ask(id, "?", s_greedy).TextAsync();
        conversations.SetSystemPrompt(id, "Be kind.");
        Assert.Equal(["system", "user", "assistant"], conversations[id].Roles());
        conversations.SetSystemPrompt(id, "Be brief.");
        Assert.Equal("Be brief.", conversations[id].SystemPrompt);
        await conversations.Ask(id, "?", s_greedy).TextAsync();
        Assert.StartsWith("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user", await talker.PromptAsync(model, 1));
        conversations.SetSystemPrompt(id, null);
        Assert.Equal(["user", "assistant", "user", "assistant"], conversations[id].Roles());
    }

    [Fact]
    public async Task A_fork_begins_with_what_was_said_and_goes_its_own_way()
    {
        await using LlamaModel model = new Talker("One.", "Two.", "Other.").On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        await conversations.Ask(id, "First?", s_greedy).TextAsync();
        await conversations.Ask(id, "Second?", s_greedy).TextAsync();
        Conversation fork = conversations.Fork(id, 2);
        await conversations.Ask(fork.Id, "Instead?", s_greedy).TextAsync();

        Assert.Equal(["First?", "One.", "Second?", "Two."], conversations[id].Texts());
        Assert.Equal(["First?", "One.", "Instead?", "Other."], conversations[fork.Id].Texts());
        Assert.Equal((ConversationId?)id, fork.ForkedFrom);
        Assert.Equal(4, conversations.Fork(id).Messages.Count);
        Assert.Equal(ConversationProblem.NoSuchMessage, Assert.Throws<ConversationException>(() => conversations.Fork(id, 5)).Problem);
    }

    [Fact]
    public async Task An_earlier_question_can_be_changed_and_is_answered_anew()
    {
        var talker = new Talker("One.", "Two.", "Better.");
        await using LlamaModel model = talker.On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create("Be kind.").Id;
        await conversations.Ask(id, "First?", s_greedy).TextAsync();
        await conversations.Ask(id, "Second?", s_greedy).TextAsync();
        Assert.Equal("Better.", await conversations.Edit(id, 1, "Zeroth?", s_greedy).TextAsync());

        Assert.Equal(["Be kind.", "Zeroth?", "Better."], conversations[id].Texts());
        Assert.Equal(ConversationProblem.NothingToAnswer, Assert.Throws<ConversationException>(() => conversations.Edit(id, 2, "?")).Problem);
        Assert.Equal(ConversationProblem.NothingToAnswer, Assert.Throws<ConversationException>(() => conversations.Edit(id, 0, "?")).Problem);
        Assert.Equal(ConversationProblem.NoSuchMessage, Assert.Throws<ConversationException>(() => conversations.Edit(id, 3, "?")).Problem);
        Assert.Equal(["Be kind.", "Zeroth?", "Better."], conversations[id].Texts());
    }

    [Fact]
    public async Task The_last_answer_can_be_replaced()
    {
        await using LlamaModel model = new Talker("One.", "Two.").On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create("Be kind.").Id;
        Assert.Equal(ConversationProblem.NothingToAnswer, Assert.Throws<ConversationException>(() => conversations.Regenerate(id)).Problem);
        await conversations.Ask(id, "First?", s_greedy).TextAsync();
        await conversations.Regenerate(id, s_greedy).TextAsync();
        Assert.Equal(["Be kind.", "First?", "Two."], conversations[id].Texts());
    }

    [Fact]
    public async Task A_question_that_fails_leaves_the_conversation_as_it_was()
    {
        await using LlamaModel model = new Talker("One.", "Two.") { ContextLength = 500 }.On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        await conversations.Ask(id, "First?", s_greedy).TextAsync();
        Conversation before = conversations[id];
        await Assert.ThrowsAsync<ContextFullException>(() => conversations.Ask(id, new string('x', 600), s_greedy).TextAsync());
        await Assert.ThrowsAsync<ContextFullException>(() => conversations.Edit(id, 0, new string('x', 600), s_greedy).TextAsync());
        Assert.Throws<InvalidOptionException>(() => conversations.Ask(id, "?", new GenerationOptions { TopP = 2 }));

        Assert.Equal(before.Texts(), conversations[id].Texts());
        Assert.Equal("Two.", await conversations.Ask(id, "Second?", s_greedy).TextAsync());
    }

    [Fact]
    public async Task A_limit_cuts_an_answer_off_which_is_marked()
    {
        await using LlamaModel model = new Talker((string?)null).On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        await conversations.Ask(id, "?", s_greedy with { MaxTokens = 3 }).TextAsync();
        Assert.Equal((FinishReason.Length, true, "xxx"), (conversations[id].Messages[1].FinishReason, conversations[id].Messages[1].IsCutOff, conversations[id].Messages[1].Text));
    }

    [Fact]
    public async Task One_question_at_a_time_in_a_conversation_and_any_number_of_conversations()
    {
        await using LlamaModel model = new Talker(null, "Other.").On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id, other = conversations.Create().Id;
        ConversationStream first = conversations.Ask(id, "First?", s_greedy);
        await using IAsyncEnumerator<ChatDelta> pieces = await first.BeginAsync();
        foreach (Action start in (Action[])[() => conversations.Ask(id, "Second?"), () => conversations.Regenerate(id), () => conversations.Edit(id, 0, "?"), () => conversations.SetSystemPrompt(id, "?")])
            Assert.Equal((ConversationProblem.Busy, id), (Assert.Throws<ConversationException>(start).Problem, id));
        Assert.Equal("Other.", await conversations.Ask(other, "?", s_greedy).TextAsync());
        conversations.Rename(id, "Still talking");
        Assert.Equal(["user", "assistant"], conversations[id].Roles());
        Assert.True(conversations[id].Messages[^1].IsCutOff);
        first.Cancel();
        await first.Ended;
        Assert.Equal("Still talking", conversations[id].Title);
    }

    [Fact]
    public async Task Results_of_tools_go_on_with_the_conversation_and_requests_can_be_shaped()
    {
        const string Call = "<tool_call>\n{\"name\": \"warmth\", \"arguments\": {}}\n</tool_call>";
        ChatTool tool = ChatTool.Create("warmth", "Tells the temperature.", """{"type": "object", "properties": {}, "additionalProperties": false}""");
        var talker = new Talker(Call, "Nineteen.");
        await using LlamaModel model = file.With(talker.Predictor, "{%- if tools %}Answer with <tool_call>{\"name\": ..., \"arguments\": ...}</tool_call>.{% endif -%}" + Talker.Template);
        await using Conversations conversations = await Conversations.OpenAsync(model, new ConversationOptions { Shape = request => request with { Tools = [tool] } });
        ConversationId id = conversations.Create().Id;
        await conversations.Ask(id, "How warm is it?", s_greedy).TextAsync();
        ToolCall call = Assert.Single(conversations[id].Messages[1].Message.ToolCalls!);
        await conversations.Ask(id, [ChatMessage.Tool("19", call.Id, call.Name)], s_greedy).TextAsync();
        Assert.Equal(["user", "assistant", "tool", "assistant"], conversations[id].Roles());
        Assert.Equal("Nineteen.", conversations[id].Messages[^1].Text);
        Assert.Equal(ConversationProblem.NothingToAnswer,
            Assert.Throws<ConversationException>(() => conversations.Ask(id, [ChatMessage.Assistant("Me again.")])).Problem);
    }

    [Fact]
    public async Task Conversations_can_be_added_removed_and_restored()
    {
        await using LlamaModel model = new Talker("One.", null).On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        Conversation first = conversations.Create(), second = conversations.Create();
        Assert.Equal([first.Id, second.Id], conversations.All.Select(conversation => conversation.Id));
        Assert.Equal(ConversationProblem.Exists, Assert.Throws<ConversationException>(() => conversations.Create(id: first.Id)).Problem);
        Assert.Equal(ConversationProblem.Exists, Assert.Throws<ConversationException>(() => conversations.Restore([first, first])).Problem);
        Assert.True(conversations.Remove(first.Id));
        Assert.False(conversations.Remove(first.Id));
        Assert.Equal(ConversationProblem.NotFound, Assert.Throws<ConversationException>(() => conversations[first.Id]).Problem);
        Assert.Equal(ConversationProblem.NotFound, Assert.Throws<ConversationException>(() => conversations.Ask(first.Id, "?")).Problem);

        await conversations.Ask(second.Id, "?", s_greedy).TextAsync();
        ConversationStream running = conversations.Ask(second.Id, "?", s_greedy);
        conversations.Restore([first]);
        await running.Ended;
        Assert.Equal([first.Id], conversations.All.Select(conversation => conversation.Id));
        conversations.Restore([]);
        Assert.Empty(conversations.All);
    }

    [Fact]
    public async Task Disposal_ends_the_answers_and_keeps_what_was_said()
    {
        await using LlamaModel model = new Talker((string?)null).On(file);
        Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        ConversationStream stream = conversations.Ask(id, "?", s_greedy);
        await using IAsyncEnumerator<ChatDelta> pieces = await stream.BeginAsync();
        await conversations.DisposeAsync();
        Assert.True(stream.Ended.IsCompleted);
        Assert.StartsWith("x", conversations[id].Messages[1].Text);
        Assert.Throws<ObjectDisposedException>(() => conversations.Ask(id, "?"));
        Assert.Throws<ObjectDisposedException>(() => conversations.Create());
        conversations.Dispose();
    }
}
