namespace Cria.Testing;

public static partial class ChatSamples
{
    // Calls as a name and the arguments as a JSON object.
    private static ChatSampleFamily[] NamedFamilies =>
    [
        new("Mistral-Small-3.2-24B-Instruct-2506", "[TOOL_CALLS] [ARGS] [CALL_ID]", "",
            new ChatSample("[TOOL_CALLS]get_weather[CALL_ID]abcDEF123[ARGS]{\"city\": \"Rome\"}", Rome) { Ours = "llama.cpp expects [ARGS] twice", From = "[TOOL_CALLS]" },
            new ChatSample("Both.[TOOL_CALLS]get_weather[CALL_ID]abcDEF123[ARGS]{\"city\": \"Rome\", \"days\": 3}[TOOL_CALLS]set_light[CALL_ID]abcDEF124[ARGS]{\"room\": \"hall\", \"on\": true}",
                RomeFor3, LightOn) { Ours = "llama.cpp expects [ARGS] twice", Content = "Both.", From = "[TOOL_CALLS]" }),
        new("unsloth-mistral-Devstral-Small-2507", "[TOOL_CALLS] [ARGS]", "",
            new ChatSample("[TOOL_CALLS]get_weather[ARGS]{\"city\": \"Rome\"}", Rome) { From = "[TOOL_CALLS]" }),
        new("mistralai-Ministral-3-14B-Reasoning-2512", "[TOOL_CALLS] [ARGS] [THINK]", "",
            new ChatSample("[THINK]Look.[/THINK]Fine.") { Reasoning = "Look.", Content = "Fine." },
            new ChatSample("[THINK]Look.[/THINK][TOOL_CALLS]get_weather[ARGS]{\"city\": \"Rome\"}[TOOL_CALLS]ping[ARGS]{}", Rome, Ping)
            {
                Reasoning = "Look.", From = "[TOOL_CALLS]",
            }),
        new("llama-cpp-deepseek-r1", "<｜tool▁call▁begin｜> ```json <think>", "<｜Assistant｜><think>\n",
            new ChatSample("Look.</think>Fine.") { Reasoning = "Look.", Content = "Fine." },
            new ChatSample("Look.</think><｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{\"city\": \"Rome\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>", Rome)
            {
                Reasoning = "Look.", From = "<｜tool▁calls▁begin｜>",
            }),
        new("deepseek-ai-DeepSeek-V3.1", "<｜tool▁call▁begin｜> <think>", "<｜Assistant｜><think>",
            new ChatSample("Look.</think><｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{\"city\": \"Rome\"}<｜tool▁call▁end｜>"
                + "<｜tool▁call▁begin｜>ping<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>", Rome, Ping)
            {
                Reasoning = "Look.", From = "<｜tool▁calls▁begin｜>",
            }),
        new("meetkai-functionary-medium-v3.1", "<function=", "<|start_header_id|>assistant<|end_header_id|>\n\n",
            Plain("1 < 2 <fun>"),
            new ChatSample("<function=get_weather>{\"city\": \"Rome\"}</function><function=ping>{}</function>", Rome, Ping) { From = "<function=" }),
        new("moonshotai-Kimi-K2", "<|tool_calls_section_begin|> <|tool_call_begin|>", "<|im_assistant|>assistant<|im_middle|>",
            new ChatSample("<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{\"city\": \"Rome\"}<|tool_call_end|>"
                + "<|tool_call_begin|>functions.ping:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>", Rome, Ping)
            {
                From = "<|tool_calls_section_begin|>",
            },
            new ChatSample("<think>Look. Yes<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{\"city\": \"Rome\"}<|tool_call_end|><|tool_calls_section_end|>", Rome)
            {
                Reasoning = "Look. Yes", From = "<|tool_calls_section_begin|>",
            }),
        new("upstage-Solar-Open-100B", "<|tool_call:begin|> <|think|> <|begin|>", "",
            new ChatSample("<|tool_calls|><|tool_call:begin|>call1<|tool_call:name|>get_weather<|tool_call:args|>{\"city\": \"Rome\"}<|tool_call:end|>", Rome) { Ours = "llama.cpp reads no calls of this family", From = "<|tool_calls|>" }),
        new("LFM2-8B-A1B", "<|tool_list_start|>", "<|im_start|>assistant\n",
            new ChatSample("<|tool_call_start|>[get_weather(city=\"Rome\", days=3)]<|tool_call_end|>", RomeFor3) { From = "<|tool_call_start|>" },
            new ChatSample("Both: <|tool_call_start|>[set_light(room=\"hall\", on=true), ping()]<|tool_call_end|>", LightOn, Ping) { Content = "Both:", From = "<|tool_call_start|>" },
            new ChatSample("<|tool_call_start|>[plan(steps=[\"a\", \"b \\\"c\\\"\"], options={\"fast\": false})]<|tool_call_end|>", Plan) { From = "<|tool_call_start|>" }),
        new("google-gemma-4-31B-it", "<|tool_call>call: <|channel>thought", "<|turn>model\n",
            new ChatSample("<|channel>thought\nLook.<channel|>Fine.") { Reasoning = "Look.", Content = "Fine." },
            new ChatSample("<|channel>thought\nLook.<channel|><|tool_call>call:get_weather{city:<|\"|>Rome<|\"|>,days:3}<tool_call|>", RomeFor3)
            {
                Reasoning = "Look.", From = "<|tool_call>",
            },
            new ChatSample("<|tool_call>call:plan{steps:[<|\"|>a<|\"|>,<|\"|>b \"c\"<|\"|>],options:{fast:false}}<tool_call|><|tool_call>call:ping{}<tool_call|>", Plan, Ping)
            {
                From = "<|tool_call>",
            }),
    ];
}
