namespace Cria.Testing;

public static partial class ChatSamples
{
    // Calls with a tag for each parameter.
    private static ChatSampleFamily[] TaggedFamilies =>
    [
        new("Qwen3-Coder", "<tool_call> <function= <parameter=", "<|im_start|>assistant\n",
            Plain("#include <functional>\nint main() { return 1 < 2; }"),
            new ChatSample("<tool_call>\n<function=get_weather>\n<parameter=city>\nRome\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>", RomeFor3)
            {
                From = "<tool_call>",
            },
            new ChatSample("I look.\n<tool_call>\n<function=get_weather>\n<parameter=city>\nRome\n</parameter>\n</function>\n</tool_call>\n"
                + "<tool_call>\n<function=set_light>\n<parameter=room>\nhall\n</parameter>\n<parameter=on>\ntrue\n</parameter>\n</function>\n</tool_call>", Rome, LightOn)
            {
                Content = "I look.", From = "<tool_call>",
            },
            new ChatSample("<tool_call>\n<function=run_code>\n<parameter=code>\ndef f(x):\n    return \"<\" + x\n\n</parameter>\n</function>\n</tool_call>", Code) { From = "<tool_call>" },
            new ChatSample("<tool_call>\n<function=plan>\n<parameter=steps>\n[\"a\", \"b \\\"c\\\"\"]\n</parameter>\n<parameter=options>\n{\"fast\": false}\n</parameter>\n</function>\n</tool_call>", Plan)
            {
                From = "<tool_call>",
            },
            new ChatSample("<function=ping>\n</function>\n</tool_call>", Ping) { From = "<function=" }),
        new("Qwen3.5-4B", "<tool_call> <function= <parameter= <think>", "<|im_start|>assistant\n<think>\n",
            new ChatSample("Look.\n</think>\n\n<tool_call>\n<function=get_weather>\n<parameter=city>\nRome\n</parameter>\n</function>\n</tool_call>", Rome)
            {
                Reasoning = "Look.", From = "<tool_call>",
            },
            new ChatSample("Look.\n<tool_call>\n<function=get_weather>\n<parameter=city>\nRome\n</parameter>\n</function>\n</tool_call>", Rome)
            {
                Reasoning = "Look.", From = "<tool_call>",
            }),
        new("ByteDance-Seed-OSS", "<seed:tool_call> <seed:think>", "<seed:bos>assistant\n",
            new ChatSample("<seed:think>Look.</seed:think>Fine.") { Reasoning = "Look.", Content = "Fine." },
            new ChatSample("<seed:think>Look.</seed:think>\n<seed:tool_call>\n<function=get_weather>\n<parameter=city>Rome</parameter>\n<parameter=days>3</parameter>\n</function>\n</seed:tool_call>", RomeFor3)
            {
                Reasoning = "Look.", From = "<seed:tool_call>",
            }),
        new("GLM-4.6", "<arg_key> <arg_value> <think>", "<|assistant|>",
            new ChatSample("\n<think>Look.</think>\nFine.") { Reasoning = "Look.", Content = "Fine." },
            new ChatSample("<think>Look.</think>\n<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Rome</arg_value>\n<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n</tool_call>", RomeFor3)
            {
                Reasoning = "Look.", From = "<tool_call>",
            }),
        new("GLM-4.7-Flash", "<arg_key> <arg_value> <think>", "<|assistant|><think>",
            new ChatSample("Look.</think><tool_call>set_light<arg_key>room</arg_key><arg_value>hall</arg_value><arg_key>on</arg_key><arg_value>true</arg_value></tool_call>", LightOn)
            {
                Reasoning = "Look.", From = "<tool_call>",
            },
            new ChatSample("Look.</think><tool_call>ping</tool_call>", Ping) { Reasoning = "Look.", From = "<tool_call>" }),
        new("inclusionai-ling-3.0-flash", "<role>ASSISTANT</role> <arg_key> <think>", "<role>ASSISTANT</role>\n<think>",
            new ChatSample("Look.</think><tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Rome</arg_value>\n</tool_call>", Rome) { Reasoning = "Look.", From = "<tool_call>" }),
        new("tencent-Hy3", "HYTK = ':opensource'", "<think:opensource></think:opensource>",
            new ChatSample("<tool_calls:opensource>\n<tool_call:opensource>get_weather<tool_sep:opensource>\n<arg_key:opensource>city</arg_key:opensource>\n"
                + "<arg_value:opensource>Rome</arg_value:opensource>\n</tool_call:opensource>\n</tool_calls:opensource>", Rome) { From = "<tool_calls" }),
        new("MiniMax-M2", "<minimax:tool_call> <think>", "]~b]ai\n<think>\n",
            new ChatSample("Look.\n</think>\n\n<minimax:tool_call>\n<invoke name=\"get_weather\">\n<parameter name=\"city\">Rome</parameter>\n<parameter name=\"days\">3</parameter>\n</invoke>\n</minimax:tool_call>", RomeFor3)
            {
                Reasoning = "Look.", From = "<minimax:tool_call>",
            },
            new ChatSample("</think>\n<minimax:tool_call>\n<invoke name=\"get_weather\">\n<parameter name=\"city\">Rome</parameter>\n</invoke>\n<invoke name=\"ping\">\n</invoke>\n</minimax:tool_call>", Rome, Ping)
            {
                Ours = "llama.cpp wants a comma between the calls", From = "<minimax:tool_call>",
            }),
        new("MiniMax-M3", "]<]minimax[>[ <invoke name= <mm:think>", "]~b]ai\n",
            new ChatSample("<mm:think>Look.</mm:think>]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"get_weather\">]<]minimax[>[<city>Rome]<]minimax[>[</city>]<]minimax[>[<days>3"
                + "]<]minimax[>[</days>]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>", RomeFor3) { Reasoning = "Look.", From = "]<]minimax[>[" },
            new ChatSample("</mm:think>]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"plan\">]<]minimax[>[<steps>]<]minimax[>[<item>a]<]minimax[>[</item>]<]minimax[>[<item>b \"c\""
                + "]<]minimax[>[</item>]<]minimax[>[</steps>]<]minimax[>[<options>]<]minimax[>[<fast>false]<]minimax[>[</fast>]<]minimax[>[</options>]<]minimax[>[</invoke>\n"
                + "]<]minimax[>[<invoke name=\"ping\">]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>", Plan, Ping) { From = "]<]minimax[>[" }),
        new("deepseek-ai-DeepSeek-V3.2", "DSML function_calls <think>", "<｜Assistant｜><think>",
            new ChatSample("Look.</think>\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"get_weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">Rome</｜DSML｜parameter>\n"
                + "<｜DSML｜parameter name=\"days\" string=\"false\">3</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>", RomeFor3)
            {
                Reasoning = "Look.", From = "<｜DSML｜function_calls>",
            }),
        new("openbmb-MiniCPM5-1B", "<function name=\" <param name=\" <think>", "<|im_start|>assistant\n<think>\n",
            new ChatSample("Look.\n</think>\n\n<function name=\"get_weather\"><param name=\"city\">Rome</param></function>", Rome) { Reasoning = "Look.", From = "<function" },
            new ChatSample("</think><function name=\"run_code\"><param name=\"code\"><![CDATA[def f(x):\n    return \"<\" + x\n]]></param></function>", Code)),
        new("Kimi-K3", "<|open|> <|close|> <|end_of_msg|>", "<|open|>message role=\"assistant\"<|sep|><|open|>think<|sep|>",
            new ChatSample("Look.<|close|>think<|sep|><|open|>response<|sep|>Fine.<|close|>response<|sep|><|close|>message<|sep|>") { Reasoning = "Look.", Content = "Fine." },
            new ChatSample("Look.<|close|>think<|sep|><|open|>response<|sep|><|close|>response<|sep|><|open|>tools<|sep|><|open|>call tool=\"get_weather\" index=\"1\"<|sep|>"
                + "<|open|>argument key=\"city\" type=\"string\"<|sep|>Rome<|close|>argument<|sep|><|open|>argument key=\"days\" type=\"number\"<|sep|>3<|close|>argument<|sep|>"
                + "<|close|>call<|sep|><|close|>tools<|sep|>", RomeFor3)
            {
                Reasoning = "Look.", From = "<|open|>tools<|sep|>",
            }),
    ];

    // Answers of several messages with headers.
    private static ChatSampleFamily[] ChannelFamilies =>
    [
        new("openai-gpt-oss-120b", "<|channel|> <|message|>", "<|start|>assistant",
            new ChatSample("<|channel|>final<|message|>Fine.") { Content = "Fine." },
            new ChatSample("<|channel|>analysis<|message|>Look.<|end|><|start|>assistant<|channel|>final<|message|>Fine.") { Reasoning = "Look.", Content = "Fine." },
            new ChatSample("<|channel|>analysis<|message|>Look.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"Rome\"}", Rome)
            {
                Reasoning = "Look.", From = "<|channel|>commentary",
            },
            new ChatSample(" to=functions.get_weather<|channel|>commentary json<|message|>{\"city\": \"Rome\", \"days\": 3}", RomeFor3) { From = " to=" },
            new ChatSample("<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.ping<|message|>{}", Ping)
            {
                Content = "I look.", From = "<|channel|>commentary to=",
            },
            new ChatSample("<|channel|>commentary to=assistant<|channel|>analysis<|message|>Look.<|end|><|start|>assistant<|channel|>final<|message|>Fine.") { Reasoning = "Look.", Content = "Fine." }),
        new("meetkai-functionary-medium-v3.2", ">>>all >>>${recipient}", "<|start_header_id|>assistant<|end_header_id|>\n\n>>>",
            new ChatSample("all\nHello.") { Content = "Hello." },
            new ChatSample("get_weather\n{\"city\": \"Rome\"}", Rome),
            new ChatSample("all\nI look.>>>get_weather\n{\"city\": \"Rome\"}", Rome)
            {
                Ours = "llama.cpp does not see the second header", Content = "I look.", From = ">>>",
            }),
        new("muse-glimmer", "<atem:function_calls> <|eom|>", "<|start|>assistant",
            new ChatSample(" to=self<|message|>Look.<|eom|><|start|>assistant to=user<|message|>Fine.") { Reasoning = "Look.", Content = "Fine." },
            new ChatSample(" to=self<|message|>Look.<|eom|><|start|>assistant to=get_weather<|message|><atem:function_calls>\n<atem:invoke name=\"get_weather\">\n"
                + "<atem:parameter name=\"city\">Rome</atem:parameter>\n</atem:invoke>\n</atem:function_calls>", Rome) { Reasoning = "Look.", From = " to=get_weather" }),
    ];
}
