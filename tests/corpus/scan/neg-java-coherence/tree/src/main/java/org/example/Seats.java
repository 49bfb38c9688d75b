package org.example;

import com.tangosol.net.Coherence;
import com.tangosol.net.NamedMap;
import com.tangosol.net.Session;

public class Seats {
    enum Model { GEMINI, FALCON, MISTRAL }

    /** Whether two groups cohere, that is sit together. */
    static boolean cohere(String one, String other) {
        return one.charAt(0) == other.charAt(0);
    }

    public static void main(String[] args) throws Exception {
        Coherence coherence = Coherence.clusterMember().start().get();
        Session session = coherence.getSession();
        NamedMap<String, String> claude = session.getMap("claude");
        claude.put("12A", Model.GEMINI.name());
        System.out.println(cohere("12A", "12B") ? claude.get("12A") : "apart");
    }
}
