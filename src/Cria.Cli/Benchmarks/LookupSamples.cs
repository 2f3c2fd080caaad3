namespace Cria.Cli.Benchmarks;

/// <summary>The texts of <c>cria bench --lookup</c>: code that is edited, records that are picked out, and a story that repeats nothing.</summary>
internal static class LookupSamples
{
    private const string Code =
        """
        using System;
        using System.Collections.Generic;

        namespace Shop.Orders
        {
            public class OrderBook
            {
                private readonly Dictionary<string, Order> orders = new Dictionary<string, Order>();
                private readonly ILogger logger;

                public OrderBook(ILogger logger)
                {
                    this.logger = logger;
                }

                public void Add(Order order)
                {
                    if (orders.ContainsKey(order.Id))
                    {
                        logger.Warn("Order " + order.Id + " exists already.");
                        return;
                    }

                    orders.Add(order.Id, order);
                    logger.Info("Order " + order.Id + " added.");
                }

                public Order Find(string id)
                {
                    Order order;
                    if (!orders.TryGetValue(id, out order))
                    {
                        logger.Warn("Order " + id + " not found.");
                        return null;
                    }

                    return order;
                }

                public decimal Total(string customer)
                {
                    decimal total = 0;
                    foreach (Order order in orders.Values)
                    {
                        if (order.Customer == customer)
                        {
                            total += order.Price * order.Count;
                        }
                    }

                    return total;
                }

                public int RemoveOlderThan(DateTime date)
                {
                    List<string> old = new List<string>();
                    foreach (Order order in orders.Values)
                    {
                        if (order.Date < date)
                        {
                            old.Add(order.Id);
                        }
                    }

                    foreach (string id in old)
                    {
                        orders.Remove(id);
                    }

                    logger.Info("Removed " + old.Count + " orders.");
                    return old.Count;
                }
            }
        }
        """;

    private const string EditedCode =
        """
        using System;
        using System.Collections.Generic;

        namespace Shop.Orders
        {
            public sealed class OrderBook
            {
                private readonly Dictionary<string, Order> orders = new Dictionary<string, Order>();
                private readonly ILogger _logger;

                public OrderBook(ILogger logger)
                {
                    _logger = logger ?? throw new ArgumentNullException(nameof(logger));
                }

                public void Add(Order order)
                {
                    if (orders.ContainsKey(order.Id))
                    {
                        _logger.Warn($"Order {order.Id} exists already.");
                        return;
                    }

                    orders.Add(order.Id, order);
                    _logger.Info("Order " + order.Id + " added.");
                }

                public Order? Find(string id)
                {
                    Order order;
                    if (!orders.TryGetValue(id, out order))
                    {
                        _logger.Warn("Order " + id + " not found.");
                        return null;
                    }

                    return order;
                }

                public decimal Total(string customer)
                {
                    decimal total = 0;
                    foreach (Order order in orders.Values)
                    {
                        if (order.Customer == customer && !order.IsCancelled)
                        {
                            total += order.Price * order.Count;
                        }
                    }

                    return total;
                }

                public int RemoveOlderThan(DateTime date)
                {
                    List<string> old = new List<string>();
                    foreach (Order order in orders.Values)
                    {
                        if (order.Date < date)
                        {
                            old.Add(order.Id);
                        }
                    }

                    foreach (string id in old)
                    {
                        orders.Remove(id);
                    }

                    _logger.Info("Removed " + old.Count + " orders.");
                    return old.Count;
                }
            }
        }
        """;

    private const string Letter =
        """
        Dear Ms Aldous,

        thank you for your call on Tuesday. We have changed your booking as you asked: you now arrive in Lisbon on Friday, 14 March at 17:45 with flight TP 1363 from London
        Heathrow, and fly back on Thursday, 20 March at 09:10 with flight TP 1350. Your room at the Hotel Avenida Palace, Rua 1 de Dezembro 123, is booked for six nights, with breakfast, at 189 euros
        a night; the hotel asks for arrival before 22:00, or a call to +351 21 321 8100. The tour of Sintra and the Pena Palace on Sunday, 16 March starts at 08:30 in front of the hotel and is led by
        Mrs Beatriz Carvalho, who speaks English and French. Please bring shoes for a walk of about five kilometres. The dinner at the restaurant Bairro do Avillez on Monday, 17 March is for four persons at
        20:00; they know of Mr Aldous's allergy to shellfish. All that together costs 2,846 euros, of which you have paid 1,200; the rest, 1,646 euros, is due on 1 March, to the account that you know, with
        the reference ALD-2025-0317. Should anything change, you reach me at j.ferreira@viagens-sol.example or at any time under +351 91 555 0142.

        With kind regards,
        Joana Ferreira
        """;

    private const string Extracted =
        """
        [
          { "what": "flight", "text": "you now arrive in Lisbon on Friday, 14 March at 17:45 with flight TP 1363 from London Heathrow" },
          { "what": "flight", "text": "fly back on Thursday, 20 March at 09:10 with flight TP 1350" },
          { "what": "hotel", "text": "Hotel Avenida Palace, Rua 1 de Dezembro 123, is booked for six nights, with breakfast, at 189 euros a night" },
          { "what": "tour", "text": "The tour of Sintra and the Pena Palace on Sunday, 16 March starts at 08:30 in front of the hotel and is led by Mrs Beatriz Carvalho" },
          { "what": "dinner", "text": "The dinner at the restaurant Bairro do Avillez on Monday, 17 March is for four persons at 20:00" },
          { "what": "payment", "text": "All that together costs 2,846 euros, of which you have paid 1,200; the rest, 1,646 euros, is due on 1 March" },
          { "what": "contact", "text": "you reach me at j.ferreira@viagens-sol.example or at any time under +351 91 555 0142" }
        ]
        """;

    private const string Story =
        """
        Nobody in the village remembered who had built the lighthouse, because the sea lay forty miles off and had done so for longer than any grandfather could swear to. It stood on a low hill among
        barley, white once, grey now, with swallows nesting where a lamp ought to have been. Children dared each other up its staircase; lovers scratched initials into soft plaster; a farmer kept seed potatoes
        behind its door until frost got in through broken panes and spoiled them. Then one October a woman arrived by bus carrying two suitcases and a brass key that fitted. She swept for nine
        days. On the tenth evening light turned slowly above stubble fields, touching church spire, mill pond, orchard wall, returning every twelve seconds like somebody patient asking the same
        question. Dogs barked themselves hoarse. The priest wrote to his bishop. My mother, practical as ever, baked bread and walked over to ask what on earth it was meant to guide. "Whatever is
        lost," said our new neighbour, pouring tea from a dented pot, "usually travels further than ships do." We laughed about that all winter. But in spring, when ice broke along the river, an old
        sailor whom none of us knew knocked at dawn, soaked through, smelling of salt, and thanked her.
        """;

    public static IReadOnlyList<(string Name, string Prompt, string Text)> All { get; } =
    [
        ("editing code", $"Call the logger _logger, check arguments, and leave cancelled orders out of totals. Here is the file:\n\n{Code}\n\nThe changed file:\n\n", EditedCode),
        ("picking out records", $"List what the traveller must know as JSON, in the words of the letter.\n\n{Letter}\n\nJSON:\n\n", Extracted),
        ("a new story", "Write a short story about a lighthouse far from the sea.\n\n", Story),
    ];
}
