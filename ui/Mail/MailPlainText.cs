using System.Text;

namespace IdP.UI.Mail;

/// <summary>The plain text alternative: the same words in the same order, wrapped, links whole.</summary>
internal static class MailPlainText
{
    private const int Width = 72;

    public static string Write(MailContent content, string brand)
    {
        var text = new StringBuilder();
        Paragraph(text, content.Heading);
        Paragraph(text, content.Greeting);
        foreach (var paragraph in content.Paragraphs)
        {
            Paragraph(text, paragraph);
        }

        if (content.Action is { AnswersIfNotYou: false } action)
        {
            Link(text, action);
        }

        foreach (var fact in content.Facts)
        {
            Wrap(text, $"{fact.Name}: {fact.Value}", indent: "  ");
        }

        text.Append('\n');
        Wrap(text, content.IfNotYou.Heading + ":");
        Paragraph(text, content.IfNotYou.Text);
        if (content.Action is { AnswersIfNotYou: true } answer)
        {
            Link(text, answer);
        }

        // RFC 3676, 4.3: what follows is a signature.
        text.Append("-- \n");
        Wrap(text, brand);
        Wrap(text, content.Footer);
        if (content.Help is { } help)
        {
            Wrap(text, help);
        }

        return text.ToString();
    }

    private static void Link(StringBuilder text, MailAction action)
    {
        Wrap(text, action.Text + ":");
        text.Append(action.Link.AbsoluteUri).Append("\n\n");
    }

    private static void Paragraph(StringBuilder text, string paragraph)
    {
        Wrap(text, paragraph);
        text.Append('\n');
    }

    // A word longer than a line stands on one of its own, whole.
    private static void Wrap(StringBuilder text, string paragraph, string indent = "")
    {
        var room = 0;
        foreach (var word in paragraph.Split(' '))
        {
            if (room == 0)
            {
                text.Append(word);
                room = Width - word.Length;
            }
            else if (word.Length < room)
            {
                text.Append(' ').Append(word);
                room -= word.Length + 1;
            }
            else
            {
                text.Append('\n').Append(indent).Append(word);
                room = Width - indent.Length - word.Length;
            }

            room = Math.Max(room, 1);
        }

        text.Append('\n');
    }
}
