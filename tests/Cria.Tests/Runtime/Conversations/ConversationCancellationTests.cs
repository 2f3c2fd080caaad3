namespace Cria.Tests.Runtime;

/// <summary>Cancelled answers: what was said stays, marked as cut off, and the conversation can go on.</summary>
public sealed class ConversationCancellationTests(TinyModelFile file) : IClassFixture<TinyModelFile>
{
    private static readonly GenerationOptions s_greedy = new() { Temperature = 0 };

    [Fact]
    public async Task Before_the_first_token_the_question_stays_with_an_empty_answer()
    {
        var talker = new Talker("One.", "Two.", "Three.");
        using var isReading = new SemaphoreSlim(0);
        int passes = 0;
        talker.Predictor.Passing = (_, cancelled) =>
        {
            if (Interlocked.Increment(ref passes) > 1) return;
            isReading.Release();
            cancelled.WaitHandle.WaitOne();
            cancelled.ThrowIfCancellationRequested();
        };
        await using LlamaModel model = talker.On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        ConversationStream stream = conversations.Ask(id, "First?", s_greedy);
        await isReading.WaitAsync();
        stream.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(stream.TextAsync);
        Assert.Equal(["First?", ""], conversations[id].Texts());
        Assert.True(conversations[id].Messages[1].IsCutOff);
        await GoesOnAsync(conversations, id);
    }

    [Fact]
    public async Task Before_anything_is_read_too()
    {
        await using LlamaModel model = new Talker("One.", "Two.", "Three.").On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        ConversationStream stream = conversations.Ask(id, "First?", s_greedy, new CancellationToken(canceled: true));
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(stream.TextAsync);
        Assert.Equal(new CancellationToken(canceled: true), cancelled.CancellationToken);
        Assert.Equal(["First?", ""], conversations[id].Texts());
        await GoesOnAsync(conversations, id);
    }

    [Fact]
    public async Task Mid_stream_what_was_said_stays()
    {
        await using LlamaModel model = new Talker(null, "Two.", "Three.").On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        ConversationStream stream = conversations.Ask(id, "First?", s_greedy);
        string read = "";
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatDelta piece in stream)
            {
                read += piece.Content;
                if (read.Length == 20) conversations.Cancel(id);
            }
        });

        Assert.Equal(20, read.Length);
        Assert.StartsWith(read, conversations[id].Messages[1].Text);
        Assert.Equal((FinishReason.Cancelled, true), (conversations[id].Messages[1].FinishReason, conversations[id].Messages[1].IsCutOff));
        Assert.Equal(stream.Result!.Generation.Tokens.Count, conversations[id].Messages[1].TokenCount);
        await GoesOnAsync(conversations, id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Leaving_the_loop_or_a_token_cancels_as_well(bool byToken)
    {
        await using LlamaModel model = new Talker(null, "Two.", "Three.").On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        using var cancellation = new CancellationTokenSource();
        ConversationStream stream = conversations.Ask(id, "First?", s_greedy, cancellation.Token);
        try
        {
            await foreach (ChatDelta _ in stream)
            {
                if (!byToken) break;
                cancellation.Cancel();
            }
        }
        catch (OperationCanceledException cancelled) when (byToken)
        {
            Assert.True(cancelled.CancellationToken.IsCancellationRequested);
        }

        Assert.True(stream.Ended.IsCompleted);
        Assert.StartsWith("x", conversations[id].Messages[1].Text);
        await GoesOnAsync(conversations, id);
    }

    [Fact]
    public async Task Twice_is_as_once()
    {
        await using LlamaModel model = new Talker(null, "Two.", "Three.").On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        ConversationStream stream = conversations.Ask(id, "First?", s_greedy);
        await using (await stream.BeginAsync())
        {
            stream.Cancel();
            stream.Cancel();
            conversations.Cancel(id);
        }

        Assert.Equal(["user", "assistant"], conversations[id].Roles());
        await GoesOnAsync(conversations, id);
    }

    [Fact]
    public async Task After_the_end_nothing_changes()
    {
        await using LlamaModel model = new Talker("One.", "Two.", "Three.").On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        ConversationStream stream = conversations.Ask(id, "First?", s_greedy);
        await stream.Ended;
        stream.Cancel();
        conversations.Cancel(id);
        conversations.CancelAll();

        Assert.Equal("One.", await stream.TextAsync());
        Assert.Equal(["First?", "One."], conversations[id].Texts());
        Assert.Equal(FinishReason.EndOfText, conversations[id].Messages[1].FinishReason);
        await GoesOnAsync(conversations, id);
    }

    [Fact]
    public async Task All_at_once_end_all()
    {
        await using LlamaModel model = new Talker(null, null, null, null).On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationStream[] streams = [.. Enumerable.Range(0, 4).Select(_ => conversations.Ask(conversations.Create().Id, "First?", s_greedy))];
        IAsyncEnumerator<ChatDelta>[] pieces = await Task.WhenAll(streams.Select(stream => stream.BeginAsync()));
        conversations.CancelAll();
        await Task.WhenAll(streams.Select(stream => stream.Ended));
        foreach (IAsyncEnumerator<ChatDelta> some in pieces) await some.DisposeAsync();

        Assert.All(conversations.All, conversation => Assert.True(conversation.Messages[1].IsCutOff));
        Assert.All(conversations.All, conversation => Assert.StartsWith("x", conversation.Messages[1].Text));
    }

    [Fact]
    public async Task One_of_several_ends_alone()
    {
        string answer = new('y', 500);
        await using LlamaModel model = new Talker(null, answer, answer, answer).On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationStream cancelled = conversations.Ask(conversations.Create().Id, "First?", s_greedy);
        await using IAsyncEnumerator<ChatDelta> pieces = await cancelled.BeginAsync();
        ConversationStream[] others = [.. Enumerable.Range(0, 3).Select(_ => conversations.Ask(conversations.Create().Id, "First?", s_greedy))];
        conversations.Cancel(cancelled.ConversationId);
        await cancelled.Ended;

        Assert.All(await Task.WhenAll(others.Select(stream => stream.TextAsync())), text => Assert.Equal(answer, text));
        Assert.True(conversations[cancelled.ConversationId].Messages[1].IsCutOff);
        Assert.All(others, stream => Assert.Equal(FinishReason.EndOfText, conversations[stream.ConversationId].Messages[1].FinishReason));
    }

    [Fact]
    public async Task A_question_right_after_a_cancellation_waits_for_the_end()
    {
        var talker = new Talker(null, "Two.", "Three.");
        using var hold = new ManualResetEventSlim();
        using var isHeld = new SemaphoreSlim(0);
        int passes = 0;
        talker.Predictor.Passing = (_, _) =>
        {
            // The network is busy and does not hear of the cancellation.
            if (Interlocked.Increment(ref passes) != 10) return;
            isHeld.Release();
            hold.Wait();
        };
        await using LlamaModel model = talker.On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        ConversationStream first = conversations.Ask(id, "First?", s_greedy);
        await isHeld.WaitAsync();
        first.Cancel();
        ConversationStream second = conversations.Ask(id, "Second?", s_greedy);
        Assert.Throws<ConversationException>(() => conversations.Ask(id, "Third?"));
        Assert.DoesNotContain("Second?", conversations[id].Texts());
        hold.Set();

        Assert.Equal("Two.", await second.TextAsync());
        Assert.Equal(["user", "assistant", "user", "assistant"], conversations[id].Roles());
        Assert.Equal("Second?", conversations[id].Messages[2].Text);
        Assert.True(conversations[id].Messages[1].IsCutOff);
    }

    [Fact]
    public async Task A_cancelled_answer_can_be_generated_again()
    {
        await using LlamaModel model = new Talker(null, "Whole.").On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model);
        ConversationId id = conversations.Create().Id;
        await using (await conversations.Ask(id, "First?", s_greedy).BeginAsync()) conversations.Cancel(id);
        await conversations.Regenerate(id, s_greedy).TextAsync();
        Assert.Equal(["First?", "Whole."], conversations[id].Texts());
        Assert.False(conversations[id].Messages[1].IsCutOff);
    }

    /// <summary>The conversation takes another question, and speakers go on taking turns.</summary>
    private static async Task GoesOnAsync(Conversations conversations, ConversationId id)
    {
        string answer = await conversations.Ask(id, "And now?", s_greedy).TextAsync();
        Assert.NotEqual("", answer);
        Assert.Equal(["user", "assistant", "user", "assistant"], conversations[id].Roles());
        Assert.Equal(answer, conversations[id].Messages[3].Text);
        Assert.False(conversations[id].Messages[3].IsCutOff);
    }
}
