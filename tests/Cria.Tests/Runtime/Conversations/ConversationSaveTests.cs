using System.Diagnostics;
using System.Globalization;
using Cria.Runtime.Conversations;
using Cria.Testing;

namespace Cria.Tests.Runtime;

/// <summary>Saving without being asked: at intervals, at the end, and so that a process that is killed leaves a whole file.</summary>
public sealed class ConversationSaveTests(TinyModelFile file) : IClassFixture<TinyModelFile>, IDisposable
{
    private const string PathVariable = "CRIA_TEST_TALKS";

    private static readonly GenerationOptions s_greedy = new() { Temperature = 0 };

    private readonly string _folder = Directory.CreateTempSubdirectory("cria-talks-").FullName;

    private string File => Path.Combine(_folder, "talks.json");

    [Fact]
    public async Task What_has_changed_is_saved_every_thirty_seconds_and_what_has_not_is_not()
    {
        var clock = new Clock();
        await using LlamaModel model = new Talker("One.", "Two.").On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model, new ConversationOptions { AutoSavePath = File, Clock = clock });
        Assert.Equal(TimeSpan.FromSeconds(30), clock.Period);
        clock.Tick();
        Assert.False(System.IO.File.Exists(File));

        ConversationId id = conversations.Create("Be kind.").Id;
        await conversations.Ask(id, "First?", s_greedy).TextAsync();
        Assert.False(System.IO.File.Exists(File));
        clock.Tick();
        Assert.Equal(["Be kind.", "First?", "One."], Saved().Texts());
        System.IO.File.Delete(File);
        clock.Tick();
        Assert.False(System.IO.File.Exists(File));
        conversations.Rename(id, "A talk");
        clock.Tick();
        Assert.Equal("A talk", Saved().Title);
    }

    [Fact]
    public async Task An_answer_that_grows_is_saved_as_far_as_it_has_come()
    {
        var clock = new Clock();
        await using LlamaModel model = new Talker((string?)null).On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model, new ConversationOptions { AutoSavePath = File, Clock = clock });
        ConversationStream stream = conversations.Ask(conversations.Create().Id, "First?", s_greedy);
        await using IAsyncEnumerator<ChatDelta> pieces = await stream.BeginAsync();
        clock.Tick();
        Assert.StartsWith("x", Saved().Messages[1].Text);
        Assert.True(Saved().Messages[1].IsCutOff);
    }

    [Fact]
    public async Task Disposal_saves_and_the_next_process_begins_with_that()
    {
        await using LlamaModel model = new Talker("One.", "Two.").On(file);
        var options = new ConversationOptions { AutoSavePath = File, Clock = new Clock() };
        ConversationId id;
        await using (Conversations conversations = await Conversations.OpenAsync(model, options))
        {
            id = conversations.Create().Id;
            await conversations.Ask(id, "First?", s_greedy).TextAsync();
        }

        DateTime written = System.IO.File.GetLastWriteTimeUtc(File);
        await using (Conversations conversations = await Conversations.OpenAsync(model, options)) Assert.Equal(["First?", "One."], conversations[id].Texts());
        Assert.Equal(written, System.IO.File.GetLastWriteTimeUtc(File));
        using (Conversations conversations = await Conversations.OpenAsync(model, options)) await conversations.Ask(id, "Second?", s_greedy).TextAsync();
        Assert.Equal(["First?", "One.", "Second?", "Two."], Saved().Texts());
    }

    [Fact]
    public async Task Saving_can_be_asked_for_where_there_is_a_file()
    {
        await using LlamaModel model = new Talker().On(file);
        await using (Conversations conversations = await Conversations.OpenAsync(model, new ConversationOptions { AutoSavePath = File, Clock = new Clock() }))
        {
            conversations.Create();
            await conversations.SaveAsync();
            Assert.Single(ConversationFile.Read(File));
        }

        await using Conversations unsaved = await Conversations.OpenAsync(model);
        await Assert.ThrowsAsync<InvalidOperationException>(() => unsaved.SaveAsync());
        await Assert.ThrowsAsync<InvalidOptionException>(() => Conversations.OpenAsync(model, new ConversationOptions { AutoSavePath = "" }));
        await Assert.ThrowsAsync<InvalidOptionException>(() => Conversations.OpenAsync(model, new ConversationOptions { AutoSaveInterval = TimeSpan.Zero }));
    }

    [Fact]
    public async Task A_damaged_file_is_told_at_the_start_and_not_overwritten()
    {
        System.IO.File.WriteAllText(File, "{ damaged");
        await using LlamaModel model = new Talker().On(file);
        await Assert.ThrowsAsync<ConversationFileException>(() => Conversations.OpenAsync(model, new ConversationOptions { AutoSavePath = File }));
        Assert.Equal("{ damaged", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public async Task Saving_that_fails_is_told_and_tried_again()
    {
        var clock = new Clock();
        var warnings = new List<string>();
        await using LlamaModel model = new Talker().On(file);
        await using Conversations conversations = await Conversations.OpenAsync(model, new ConversationOptions { AutoSavePath = File, Clock = clock, OnWarning = warnings.Add });
        conversations.Create();
        Directory.CreateDirectory(File);
        clock.Tick();
        Assert.Contains("not saved", Assert.Single(warnings));
        Directory.Delete(File);
        clock.Tick();
        Assert.Single(ConversationFile.Read(File));
    }

    [Fact]
    public void The_end_of_the_process_saves()
    {
        using Process child = InstructionSets.Start<EndsWithoutDisposal>(environment: (PathVariable, File));
        string said = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, said);
        Assert.Equal(["Will this stay?"], Saved().Texts());
    }

    [Fact]
    public async Task A_process_that_is_killed_at_any_moment_loses_no_file_and_no_more_than_the_last_interval()
    {
        const int Kills = 100, AtOnce = 4;
        var random = new Random(11);
        int[] patience = [.. Enumerable.Range(0, Kills).Select(_ => random.Next(12))];
        await Parallel.ForAsync(0, Kills, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (kill, _) =>
        {
            string path = Path.Combine(_folder, $"{kill}.json");
            using Process child = InstructionSets.Start<SavesForever>(environment: (PathVariable, path));
            // The child says how many messages it has saved, and goes on saving while it is being killed.
            int saved = 0;
            for (int i = 0; i <= patience[kill]; i++)
            {
                string? line = await child.StandardOutput.ReadLineAsync(CancellationToken.None);
                Assert.True(int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out saved), line);
            }

            child.Kill();
            while (await child.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
                if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int more)) saved = more;
            await child.WaitForExitAsync(CancellationToken.None);

            Conversation conversation = Assert.Single(ConversationFile.Read(path));
            Assert.InRange(conversation.Messages.Count, saved, saved + 1);
            for (int i = 0; i < conversation.Messages.Count; i++) Assert.Equal(SavesForever.Message(i), conversation.Messages[i].Text);
        });
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Conversation Saved() => Assert.Single(ConversationFile.Read(File));

#pragma warning disable xUnit1000 // Not public, so that the test framework does not find them.
    private sealed class EndsWithoutDisposal
    {
        [Fact]
        public void Changes_something_and_leaves()
        {
            var book = new ConversationBook(TimeProvider.System);
            _ = new AutoSave(Environment.GetEnvironmentVariable(PathVariable)!, book, TimeSpan.FromHours(1), TimeProvider.System, null);
            book.Add(new Conversation(ConversationId.New()).Asked([ChatMessage.User("Will this stay?")], book.Now));
        }
    }

    private sealed class SavesForever
    {
        public static string Message(int number) => $"{number}:" + new string('x', 20_000);

        [Fact]
        public void Until_it_is_killed()
        {
            var book = new ConversationBook(TimeProvider.System);
            var save = new AutoSave(Environment.GetEnvironmentVariable(PathVariable)!, book, TimeSpan.FromHours(1), TimeProvider.System, null);
            ConversationId id = ConversationId.New();
            book.Add(new Conversation(id));
            for (int i = 0; ; i++)
            {
                book.Change(id, conversation => conversation.Asked([ChatMessage.User(Message(i))], book.Now));
                save.Save();
                Console.WriteLine(i + 1);
            }
        }
    }
#pragma warning restore xUnit1000

    /// <summary>A clock whose timers go off when the test says so.</summary>
    private sealed class Clock : TimeProvider
    {
        private Action? _tick;

        public TimeSpan Period { get; private set; }

        public void Tick() => _tick!();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_tick, Period) = (() => callback(state), period);
            return new Timer();
        }

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
