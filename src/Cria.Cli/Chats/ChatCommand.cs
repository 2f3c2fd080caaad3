using System.CommandLine;
using Cria.Cli.Commands;

namespace Cria.Cli.Chats;

/// <summary><c>cria chat</c>: talks with a model, at a terminal or through a pipe.</summary>
internal static class ChatCommand
{
    public static Command Create(Terminal terminal)
    {
        var system = new Option<string?>("--system") { Description = "What the model is told before the first message.", HelpName = "text" };
        var atOnce = new Option<bool>("--no-thinking") { Description = "Asks for answers without reasoning, where the chat template can." };
        var resume = new Option<string?>("--resume")
        {
            Description = "Goes on with an earlier conversation: the one whose id begins like this, or the last one.",
            HelpName = "id",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var history = new Option<string?>("--history") { Description = "Keeps conversations in this file instead of the user's folder for data.", HelpName = "file" };
        var forgetful = new Option<bool>("--no-history") { Description = "Keeps nothing of the conversation, neither as text nor in the folder for caches." };
        ModelSource model = new ModelSource().WithContext().WithSpeed().WithLongerContext().WithAdapters().WithDiskCache();
        EngineOptions<GenerationOptions> sampling = SamplingOptions.Create();

        var command = new CriaCommand(
            "chat",
            "Talk with a model; /help lists what can be said beside messages.",
            "cria chat",
            "cria chat -m model.gguf --system \"You are brief.\"",
            "cria chat -m model.gguf --resume",
            "printf 'Hello!\\nAnd you?\\n' | cria chat -m model.gguf --no-history") { system, atOnce, resume, history, forgetful };
        model.AddTo(command);
        sampling.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            bool isKept = !parsed.GetValue(forgetful);
            string? file = parsed.GetValue(history);
            bool isResumed = parsed.GetResult(resume) is not null;
            if (!isKept && (file is not null || isResumed)) throw new UsageException("--no-history keeps nothing that --history or --resume could name. Leave one out.");
            GenerationOptions options = sampling.Read(parsed);
            await using LlamaModel loaded = await model.LoadAsync(
                parsed, terminal, cancellationToken, options => isKept ? options : options with { DiskCache = null });

            var conversations = new ConversationOptions
            {
                Shape = request => request with { EnableThinking = !parsed.GetValue(atOnce) },
                OnWarning = message => terminal.Error.WriteLine($"warning: {Visible.OnOneLine(message)}"),
            };
            var kept = new ChatHistory(loaded, conversations, file, isKept);
            await using var session = new ChatSession(loaded, kept, options, parsed.GetValue(system));
            if (isResumed) await session.ResumeAsync(parsed.GetValue(resume), cancellationToken);
            bool json = parsed.WantsJson();
            var loop = new ChatLoop(terminal, session, new FailureReport(terminal, parsed, parsed.IsVerbose()), isQuiet: json, parsed.IsVerbose());
            int code = await loop.RunAsync(cancellationToken);
            if (json) terminal.WriteJson(loop.Report(), CliJson.Default.ChatReport);
            return code;
        });
        return command;
    }
}
