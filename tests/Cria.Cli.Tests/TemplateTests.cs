using System.Text;
using System.Text.Json;

namespace Cria.Cli.Tests;

/// <summary>The command that renders conversations.</summary>
public sealed class TemplateTests(TinyModelFile model) : IClassFixture<TinyModelFile>
{
    private const string Messages = """[{ "role": "user", "content": "Hé\n" }]""";
    private const string Template = "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";

    [Fact]
    public async Task Prints_the_prompt_and_nothing_else_into_a_pipe()
    {
        string template = Write("chat.jinja", Template);
        string messages = Write("chat.json", Messages);
        CommandLineRun run = await CommandLineRun.Async("template", "--template", template, "--messages", messages, "--bos", "<s>");
        Assert.Equal(("<s><user>Hé\n<assistant>", "", 0), (run.Output, run.Error, run.ExitCode));

        run = await CommandLineRun.Async("template", "--template", template, "--messages", messages, "--no-generation-prompt");
        Assert.Equal("<user>Hé\n", run.Output);
        JsonElement document = await CommandLineRun.JsonAsync("template", "--template", template, "--messages", messages);
        Assert.Equal("<user>Hé\n<assistant>", document.GetProperty("prompt").GetString());
    }

    [Fact]
    public async Task Reads_the_messages_from_a_pipe_and_the_template_from_a_model()
    {
        CommandLineRun run = await CommandLineRun.WithInputAsync(Encoding.UTF8.GetBytes(Messages), "template", "-m", model.Path, "--messages", "-");
        Assert.Equal(("[INST] Hé\n [/INST]\n", "", 0), (run.Output, run.Error, run.ExitCode));
    }

    [Fact]
    public async Task Hands_tools_variables_and_the_wish_not_to_think_to_the_template()
    {
        string template = Write("all.jinja", "{{ tools[0].function.name }} {{ mood }} {{ enable_thinking }}");
        string tools = Write("tools.json", """[{ "type": "function", "function": { "name": "ping" } }]""");
        string variables = Write("kwargs.json", """{ "mood": "kind" }""");
        CommandLineRun run = await CommandLineRun.Async(
            "template", "--template", template, "--messages", Write("all.json", Messages), "--tools", tools, "--kwargs", variables, "--no-thinking");
        Assert.Equal(("ping kind False", "", 0), (run.Output, run.Error, run.ExitCode));
    }

    [Fact]
    public async Task Says_in_one_line_what_is_wrong_and_where()
    {
        string messages = Write("good.json", Messages);
        string broken = Write("broken.jinja", "Hello\n  {% if %}");
        string refusing = Write("refusing.jinja", "\n{{ raise_exception('Not\nthis') }}");
        string template = Write("good.jinja", Template);

        (await CommandLineRun.Async("template", "--template", broken, "--messages", messages)).AssertFails(1, "line 2, column ");
        (await CommandLineRun.Async("template", "--template", refusing, "--messages", messages)).AssertFails(1, "line 2", "Not");
        (await RunAsync("--messages", Write("bad.json", """[{ "content": "Hi" }]"""))).AssertFails(1, "messages[0].role is missing");
        (await RunAsync("--messages", Write("no.json", "[{\n]"))).AssertFails(1, "messages", "line 2");
        (await RunAsync("--messages", messages, "--tools", Write("t.json", "[{}]"))).AssertFails(1, "tools[0].type is missing");
        (await RunAsync("--messages", messages, "--kwargs", Write("k.json", "[]"))).AssertFails(1, "--kwargs", "JSON object");
        (await RunAsync("--messages", messages, "--kwargs", Write("l.json", "{"))).AssertFails(1, "--kwargs", "line 1");
        (await RunAsync("--messages", model.InFolder("none.json"))).AssertFails(1, "There is no file", "none.json", "--messages");
        (await RunAsync()).AssertFails(2, "--messages");
        (await RunAsync("--messages", "-", "--tools", "-")).AssertFails(2, "Only one");
        (await RunAsync("--messages", messages, "-m", model.Path)).AssertFails(2, "given twice");
        (await CommandLineRun.Async("template", "-m", model.Path, "--messages", messages, "--variant", "rag")).AssertFails(1, "\"rag\"", "no named templates");

        Task<CommandLineRun> RunAsync(params string[] arguments) => CommandLineRun.Async(["template", "--template", template, .. arguments]);
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(model.InFolder(name), text);
        return model.InFolder(name);
    }
}
