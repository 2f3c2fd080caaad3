using System.Text;
using System.Text.Json;

namespace Cria.Cli.Tests;

/// <summary><c>cria chat</c> through a pipe: messages and commands line by line, answers and nothing else.</summary>
public sealed class ChatTests(TinyModelFile model) : IClassFixture<TinyModelFile>
{
    private string NewHistory => model.InFolder($"{Guid.NewGuid():n}.json");

    [Fact]
    public async Task A_pipe_gets_an_answer_for_each_line_and_nothing_else()
    {
        CommandLineRun run = await ChatAsync("Hello\n\nAnd you?", "--no-history");
        string[] texts = await TextsAsync("Hello\nAnd you?\n", "--no-history");
        Assert.Equal(2, texts.Length);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Equal(string.Concat(texts.Select(Line)), run.Output);
    }

    [Fact]
    public async Task The_model_remembers_what_was_said()
    {
        string history = NewHistory;
        string[] texts = await TextsAsync("Hello\nHello", "--history", history, "--system", "Be kind.");
        Conversation conversation = Assert.Single(await Conversations.LoadAsync(history));
        Assert.Equal(["Be kind.", "Hello", texts[0], "Hello", texts[1]], conversation.Messages.Select(message => message.Text));
        Assert.NotEqual(texts[0], texts[1]);
        Assert.Equal(texts[0], (await TextsAsync("Hello", "--no-history", "--system", "Be kind."))[0]);
    }

    [Fact]
    public async Task A_conversation_is_resumed_by_its_id_or_as_the_last_one()
    {
        string history = NewHistory;
        string[] whole = await TextsAsync("One\nTwo\nThree", "--no-history");
        JsonElement first = await JsonAsync("One", "--history", history);
        string id = first.GetProperty("id").GetString()!;
        await ChatAsync("Something else", "--history", history);
        Assert.Equal(whole[1], (await TextsAsync("Two", "--history", history, "--resume", id))[0]);
        Assert.Equal(whole[2], (await TextsAsync("Three", "--history", history, "--resume"))[0]);
        Assert.Equal(2, (await Conversations.LoadAsync(history)).Count);
        (await ChatAsync("Hello", "--history", history, "--resume", "zzz")).AssertFails(2, "zzz", history);
        (await ChatAsync("Hello", "--history", NewHistory, "--resume")).AssertFails(2, "no conversation", "without --resume");
        (await ChatAsync("Hello", "--no-history", "--resume")).AssertFails(2, "--no-history");
    }

    [Fact]
    public async Task Without_a_file_each_conversation_has_its_own_in_the_users_folder()
    {
        string folder = Path.Combine(Environment.GetEnvironmentVariable("XDG_DATA_HOME")!, "cria", "conversations");
        if (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) return;
        JsonElement first = await JsonAsync("One\n/new\nTwo");
        Assert.Equal("Two", first.GetProperty("title").GetString());
        string path = Path.Combine(folder, first.GetProperty("id").GetString() + ".json");
        Assert.Equal("Two", Assert.Single(await Conversations.LoadAsync(path)).Title);
        JsonElement again = await JsonAsync("Three", "--resume", first.GetProperty("id").GetString()![..^4]);
        Assert.Equal(first.GetProperty("id").GetString(), again.GetProperty("id").GetString());
        Assert.Equal(4, Assert.Single(await Conversations.LoadAsync(path)).Messages.Count);

        int files = Directory.GetFiles(folder).Length;
        await ChatAsync("One", "--no-history");
        await ChatAsync("/system Be kind.\n/help\n/exit\nnever said");
        Assert.Equal(files, Directory.GetFiles(folder).Length);
    }

    [Fact]
    public async Task Commands_change_the_conversation()
    {
        string history = NewHistory, saved = NewHistory;
        string[] texts = await TextsAsync(
            $"One\nTwo\n/edit 1 Three\n/system Be kind.\n/regenerate\n/save {saved}\n/new\nFour\n/load {saved}\nFive\n//six", "--history", history);
        IReadOnlyList<Conversation> conversations = await Conversations.LoadAsync(history);
        Assert.Equal(["Be kind.", "Three", texts[3]], conversations[0].Messages.Select(message => message.Text));
        Assert.Equal(["Be kind.", "Four", texts[4]], conversations[1].Messages.Select(message => message.Text));
        Assert.Equal(["Be kind.", "Three", texts[3], "Five", texts[5], "/six", texts[6]], conversations[2].Messages.Select(message => message.Text));
        Assert.Equal(conversations[0].Id, Assert.Single(await Conversations.LoadAsync(saved)).Id);
        Assert.Equal((ConversationId?)conversations[0].Id, conversations[2].ForkedFrom);
    }

    [Fact]
    public async Task What_is_asked_about_the_chat_is_told_on_standard_error()
    {
        CommandLineRun run = await ChatAsync("/stats\nOne\n/stats\n/help", "--no-history");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(Line((await TextsAsync("One", "--no-history"))[0]), run.Output);
        foreach (string told in (string[])["nothing has been said", "2 messages", "not kept", "of 1024 tokens", "/regenerate", "/edit N TEXT"]) Assert.Contains(told, run.Error);
    }

    [Theory]
    [InlineData("/regenrate", "Did you mean /regenerate?")]
    [InlineData("/edit", "/edit needs")]
    [InlineData("/edit 3 x", "number 3")]
    [InlineData("/save", "/save needs")]
    [InlineData("/load missing.json", "missing.json")]
    public async Task A_line_that_fails_is_told_and_the_chat_goes_on(string line, string message)
    {
        CommandLineRun run = await ChatAsync($"One\n{line}\nTwo", "--no-history");
        string[] texts = await TextsAsync("One\nTwo", "--no-history");
        Assert.Equal((string.Concat(texts.Select(Line)), 1), (run.Output, run.ExitCode));
        Assert.StartsWith("cria: ", run.Error);
        Assert.Contains(message, Assert.Single(run.Error.TrimEnd().Split('\n')));
    }

    [Fact]
    public async Task A_message_that_is_too_long_is_told_and_leaves_the_conversation_as_it_was()
    {
        CommandLineRun run = await ChatAsync($"One\n{new string('x', 3000)}\nTwo", "--no-history");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("-c", run.Error);
        Assert.Equal(string.Concat((await TextsAsync("One\nTwo", "--no-history")).Select(Line)), run.Output);
    }

    [Fact]
    public async Task A_damaged_history_is_told_and_stays_as_it_is()
    {
        string history = NewHistory;
        File.WriteAllText(history, "{ damaged");
        (await ChatAsync("One", "--history", history)).AssertFails(1, "line 1");
        Assert.Equal("{ damaged", File.ReadAllText(history));
    }

    [Fact]
    public void The_first_interrupt_stops_what_asked_for_it_and_the_next_the_program()
    {
        using var interrupts = new Interrupts();
        int stopped = 0;
        using (interrupts.Divert(() => stopped++))
        {
            Assert.True(interrupts.Interrupt());
            Assert.Equal((1, false), (stopped, interrupts.Token.IsCancellationRequested));
            Assert.True(interrupts.Interrupt());
            Assert.Equal((1, true), (stopped, interrupts.Token.IsCancellationRequested));
        }

        Assert.False(interrupts.Interrupt());
        using var others = new Interrupts();
        others.Divert(() => stopped++).Dispose();
        Assert.True(others.Interrupt());
        Assert.Equal((1, true), (stopped, others.Token.IsCancellationRequested));
    }

    private static string Line(string answer) => answer.EndsWith('\n') ? answer : answer + "\n";

    private Task<CommandLineRun> ChatAsync(string input, params string[] arguments) =>
        CommandLineRun.WithInputAsync(Encoding.UTF8.GetBytes(input), ["chat", "-m", model.Path, "-n", "8", "--temp", "0", .. arguments]);

    private async Task<JsonElement> JsonAsync(string input, params string[] arguments)
    {
        CommandLineRun run = await ChatAsync(input, [.. arguments, "--json"]);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        return JsonDocument.Parse(run.Output).RootElement;
    }

    private async Task<string[]> TextsAsync(string input, params string[] arguments) =>
        [.. (await JsonAsync(input, arguments)).GetProperty("answers").EnumerateArray().Select(answer => answer.GetProperty("text").GetString()!)];
}
